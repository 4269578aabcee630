// Two hundred small samples in about nine shards, for the tests of packing.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/pack_job.h"
#include "tests/temp_folder.h"

namespace stoker {

inline Schema number_schema() {
  Field field;
  field.name = "number";
  field.axes = "N";
  Schema schema;
  schema.fields = {field};
  return schema;
}

class PackingTest : public FolderTest {
 protected:
  void SetUp() override {
    for (uint64_t i = 0; i < 200; ++i) {
      items_.push_back({"item" + std::to_string(i), 100 + i % 50, 0, i});
    }
    plan_options_.shard_bytes = 3000;
    plan_options_.seed = 5;
  }

  // Item i holds i % 50 + 100 bytes of value i % 256; items listed in bad_ are corrupt.
  PackJob job(const std::filesystem::path& output) {
    PackJob job;
    job.items = items_;
    job.plan_options = plan_options_;
    job.manifest.schema = number_schema();
    job.manifest.tool = "test";
    job.plan = plan_pack(items_, plan_options_, job.manifest.schema, {});
    job.options.output = output;
    job.options.quiet = true;
    job.encode = [this](uint64_t item, Sample& sample) {
      sample.source_path = "source";
      sample.source_offset_bytes = item * 1000;
      if (bad_.count(item) != 0) throw Error(ErrorCode::kCorrupt, "made bad");
      sample.buffers.resize(1);
      sample.buffers[0].assign(100 + item % 50, static_cast<uint8_t>(item));
      FieldValue value;
      value.bytes = sample.buffers[0];
      value.shape = {static_cast<uint32_t>(value.bytes.size()), 0, 0, 0};
      value.original_shape = value.shape;
      sample.values = {value};
    };
    return job;
  }

  static std::map<std::string, Bytes> contents(const std::filesystem::path& folder) {
    std::map<std::string, Bytes> files;
    for (const std::filesystem::path& path : list_files(folder)) {
      files[path.filename().string()] = read_file(path);
    }
    return files;
  }

  std::vector<PlannedItem> items_;
  PlanOptions plan_options_;
  std::set<uint64_t> bad_;
};

}  // namespace stoker
