// `train` on small sets that the tests pack themselves: gray images of 12 x 12 pixels whose
// brightness tells their class.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/core/random.h"
#include "tests/cli/command.h"
#include "tests/pack_job.h"

namespace stoker::testing {

namespace fs = std::filesystem;

inline constexpr uint32_t kSide = 12;

// Gray images whose brightness tells their class, with noise.
inline Bytes draw(uint64_t item, uint64_t classes) {
  RandomStream random(1, 2, item);
  Bytes pixels(kSide * kSide);
  const uint64_t brightness = 40 + 160 * (item % classes) / classes;
  for (uint8_t& pixel : pixels)
    pixel = static_cast<uint8_t>(brightness + random.next_below(40));
  return pixels;
}

inline Schema image_schema() {
  Field image;
  image.name = "image";
  image.axes = "HWC";
  Field label;
  label.name = "label";
  label.storage = Storage::kInline;
  label.dtype = DType::kInt32;
  Schema schema;
  schema.fields = {image, label};
  return schema;
}

inline void write_data_set(const fs::path& folder, const std::string& split, uint64_t count,
                           const std::vector<std::string>& classes) {
  PackJob job;
  for (uint64_t i = 0; i < count; ++i) {
    job.items.push_back({split + std::to_string(i), kSide * kSide, 0, i});
  }
  job.plan_options.splits = {split};
  job.manifest.schema = image_schema();
  job.manifest.class_names = classes;
  job.manifest.tool = "test";
  job.plan = plan_pack(job.items, job.plan_options, job.manifest.schema, {});
  job.options.output = folder;
  job.options.quiet = true;
  job.encode = [&](uint64_t item, Sample& sample) {
    const int32_t label = static_cast<int32_t>(item % classes.size());
    const auto* label_bytes = reinterpret_cast<const uint8_t*>(&label);
    sample.buffers = {draw(item, classes.size()), Bytes(label_bytes, label_bytes + sizeof label)};
    FieldValue image;
    image.bytes = sample.buffers[0];
    image.shape = image.original_shape = {kSide, kSide, 1, 0};
    FieldValue label_value;
    label_value.bytes = sample.buffers[1];
    sample.values = {image, label_value};
  };
  run_pack(job);
}

class TrainCommand : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write_data_set(folder_ / "train", "train", 56, {"dark", "grey", "light"});
    write_data_set(folder_ / "val", "val", 13, {"dark", "grey", "light"});
  }

  static std::string train(const std::string& output, const std::string& more) {
    // Passive: a machine with other work is not held up by OpenMP's threads waiting for each other.
    return "OMP_WAIT_POLICY=passive train --model resnet18 --shards train --batch-size 8 --crop 16 "
           "--threads 2 --device cpu --output-dir " +
           output + " " + more;
  }

  // metrics.jsonl without what depends on the clock.
  std::vector<std::string> metrics(const std::string& output) const {
    std::vector<std::string> lines;
    std::istringstream text(read_text_file(folder_ / output / "metrics.jsonl"));
    for (std::string line; std::getline(text, line);) {
      nlohmann::json values = nlohmann::json::parse(line);
      for (const char* timing :
           {"seconds", "val_seconds", "samples_per_second", "data_wait_share", "memory_bytes"}) {
        values.erase(timing);
      }
      lines.push_back(values.dump());
    }
    return lines;
  }
};

}  // namespace stoker::testing
