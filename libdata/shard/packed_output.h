// The packed data set as an output: a folder of shards (shard_format.md) and dataset.json.
//
// Thread-safety and errors: as SampleOutput.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "libdata/sample/sample_writer.h"

namespace stoker {

// Volumes at pages, since bricks are read by page; everything else at 64 bytes.
inline constexpr uint64_t kAlignmentBySchema = 0;

class PackedOutput : public SampleOutput {
 public:
  explicit PackedOutput(std::filesystem::path folder, uint64_t alignment_bytes = 64)
      : folder_(std::move(folder)), alignment_bytes_(alignment_bytes) {}

  const std::filesystem::path& folder() const override { return folder_; }
  std::string plan_heading() const override;
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;  // as check_schema
  void prepare(const OutputRun& run) override;
  bool holds_anything() const override;
  void unpublish(const OutputRun& run) override;
  std::unique_ptr<SampleWriter> make_writer(const PlannedShard& unit,
                                            const OutputRun& run) override;
  FoundUnit find(const PlannedShard& unit, const OutputRun& run) const override;
  // dataset.json, or part-K-of-N.json.
  void complete(const Manifest& manifest, const OutputRun& run) override;

 private:
  std::filesystem::path folder_;
  uint64_t alignment_bytes_;
};

}  // namespace stoker
