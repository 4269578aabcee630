// A conversion into packed shards, put together from functions: what tests change one by one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libdata/sample/conversion.h"
#include "libdata/shard/packed_output.h"

namespace stoker {

struct PackJobOptions : ConvertOptions {
  std::filesystem::path output;
};

struct PackJob {
  PackPlan plan;
  std::vector<PlannedItem> items;
  PlanOptions plan_options;
  PackJobOptions options;
  Manifest manifest;
  std::function<void(uint64_t item, Sample& sample)> encode;
  std::vector<std::filesystem::path> inputs;
  std::function<std::vector<std::filesystem::path>(uint64_t item)> source_files;
};

class FunctionReader : public SourceReader {
 public:
  explicit FunctionReader(const PackJob& job) : job_(job) {
    facts_.class_names = job.manifest.class_names;
  }

  const Schema& schema() const override { return job_.manifest.schema; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return job_.items; }
  void read(Sample& sample) const override { job_.encode(sample.item, sample); }
  bool tells_changes() const override { return job_.source_files != nullptr; }
  std::vector<std::filesystem::path> source_files(uint64_t item) const override {
    return job_.source_files(item);
  }

 private:
  const PackJob& job_;
  SourceFacts facts_;
};

inline PackPlan plan_pack(const std::vector<PlannedItem>& items, const PlanOptions& options,
                          const Schema& schema, const std::map<std::string, std::string>& shaping) {
  const PackedOutput output("");
  return plan_pack(items, options, plan_text(output.plan_heading(), options, schema, shaping),
                   naming_of(output));
}

inline PackReport run_pack(const PackJob& job) {
  const FunctionReader reader(job);
  PackedOutput output(job.options.output);
  const Conversion conversion(reader, {}, output, {job.manifest.tool, "", {}}, job.plan_options);
  ConvertOptions options = job.options;
  options.inputs = job.inputs;
  return convert(conversion, options);
}

}  // namespace stoker
