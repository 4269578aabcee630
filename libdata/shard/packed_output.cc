#include "libdata/shard/packed_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_folder.h"
#include "libdata/shard/packing_merge.h"
#include "libdata/shard/shard_verification.h"
#include "libdata/shard/shard_writer.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

uint64_t alignment_for(const Schema& schema) {
  constexpr uint64_t kPage = 4096;
  constexpr uint64_t kCacheLine = 64;
  const bool volumes =
      std::any_of(schema.fields.begin(), schema.fields.end(), [](const Field& field) {
        return field.storage == Storage::kBlob && field.axes.ends_with("ZYX");
      });
  return volumes ? kPage : kCacheLine;
}

class PackedShardWriter : public SampleWriter {
 public:
  PackedShardWriter(const fs::path& path, const ShardHeader& header, const Schema& schema,
                    ShardMeta meta)
      : writer_(path, header, schema), meta_(std::move(meta)) {}

  void append(const Sample& sample) override { writer_.append(sample.name, sample.values); }
  uint64_t sample_count() const override { return writer_.sample_count(); }
  uint64_t size_bytes() const override { return writer_.size_bytes(); }
  ShardSummary finish(const UnitNotes& notes) override {
    meta_.skipped = notes.skipped;
    meta_.normalized = notes.normalized;
    return writer_.finish(meta_);
  }

 private:
  ShardWriter writer_;
  ShardMeta meta_;
};

}  // namespace

std::string PackedOutput::plan_heading() const {
  return fmt::format("stoker plan {}", kShardVersion);
}

std::string PackedOutput::file_name(const std::string& split, uint32_t index,
                                    uint32_t count) const {
  return shard_file_name(split, index, count);
}

void PackedOutput::refuse(const Schema& schema) const {
  check_schema(schema);
}

void PackedOutput::prepare(const OutputRun& run) {
  prepare_packed_folder(folder_, run);
}

bool PackedOutput::holds_anything() const {
  const std::vector<fs::path> files = list_files(folder_);
  return std::any_of(files.begin(), files.end(), [](const fs::path& path) {
    return path.extension() == ".stk" || path.extension() == ".json";
  });
}

void PackedOutput::unpublish(const OutputRun& run) {
  fs::remove(folder_ / kManifestName);
  if (run.part) fs::remove(folder_ / part_manifest_name(*run.part));
}

std::unique_ptr<SampleWriter> PackedOutput::make_writer(const PlannedShard& unit,
                                                        const OutputRun& run) {
  ShardHeader header;
  header.fingerprint = run.plan.fingerprint;
  header.shard_index = unit.shard_index;
  header.shard_count = unit.shard_count;
  header.alignment_bytes = alignment_bytes_ == kAlignmentBySchema
                               ? alignment_for(run.manifest.schema)
                               : alignment_bytes_;
  ShardMeta meta;
  meta.split = run.splits[unit.split];
  meta.class_names = run.manifest.class_names;
  return std::make_unique<PackedShardWriter>(folder_ / unit.file, header, run.manifest.schema,
                                             std::move(meta));
}

FoundUnit PackedOutput::find(const PlannedShard& unit, const OutputRun&) const {
  ShardTask task;
  task.path = folder_ / unit.file;
  ShardFindings shard = verify_shard(task, nullptr, VerifyOptions{});
  FoundUnit found;
  if (shard.opened) found.fingerprint = shard.header.fingerprint;
  if (!shard.faults.empty()) {
    found.fault = describe(shard.faults.front());
  } else if (shard.header.shard_index != unit.shard_index ||
             shard.header.shard_count != unit.shard_count) {
    found.fault = fmt::format("{}: is another shard of this plan", unit.file);
  }
  found.summary = {unit.file, shard.file.size_bytes, shard.file.samples, shard.hash};
  found.notes = {std::move(shard.meta.skipped), std::move(shard.meta.normalized)};
  found.labels = std::move(shard.labels);
  return found;
}

void PackedOutput::complete(const Manifest& manifest, const OutputRun& run) {
  if (run.part) {
    write_part_manifest(folder_, *run.part, run.plan, manifest);
  } else {
    write_manifest(folder_ / kManifestName, manifest);
  }
}

}  // namespace stoker
