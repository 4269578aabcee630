#include "libdata/shard/packing_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/folder_lock.h"
#include "libdata/sample/source_record.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/shard_reader.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// An option that a part manifest has beside those of the whole; merge_parts takes it out again.
constexpr const char* kPlanShards = "part_plan_shards";

struct Part {
  fs::path path;
  Manifest manifest;
};

std::vector<Part> read_parts(const std::vector<fs::path>& folders) {
  std::vector<Part> parts;
  for (const fs::path& folder : folders) {
    if (!fs::exists(folder)) continue;
    for (const fs::path& path : list_files(folder)) {
      if (is_part_manifest(path.filename().string())) parts.push_back({path, read_manifest(path)});
    }
  }
  return parts;
}

void check_same_plan(const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    const Manifest& first = parts.front().manifest;
    if (part.manifest.fingerprint != first.fingerprint || part.manifest.options != first.options) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("belongs to another packing plan than {}",
                              parts.front().path.filename().string()),
                  part.path.string());
    }
  }
}

struct PlacedShard {
  ShardSummary summary;
  fs::path path;
  std::string split;
};

// By file name, which sorts by split and number; the same shard in two parts is taken once.
std::map<std::string, PlacedShard> collect_shards(const std::vector<Part>& parts) {
  std::map<std::string, PlacedShard> shards;
  for (const Part& part : parts) {
    for (const SplitEntry& split : part.manifest.splits) {
      for (const ShardSummary& shard : split.shards) {
        const PlacedShard placed{shard, part.path.parent_path() / shard.file, split.name};
        const auto [known, added] = shards.emplace(shard.file, placed);
        if (!added && !(known->second.summary.hash == shard.hash)) {
          throw Error(ErrorCode::kCorrupt,
                      fmt::format("'{}' has other bytes here than in another part", shard.file),
                      part.path.string());
        }
      }
    }
  }
  return shards;
}

// Opens the shard (header, footer, index checked) and, unless this is a dry run, brings it into
// `output` if it lies elsewhere.
ShardMeta bring_in(const PlacedShard& shard, const Manifest& manifest, const fs::path& output,
                   MergeMode mode) {
  const fs::path target = output / shard.summary.file;
  const ShardReader reader(shard.path);
  if (reader.header().fingerprint != manifest.fingerprint ||
      reader.file_bytes().size() != shard.summary.size_bytes) {
    throw Error(ErrorCode::kCorrupt, "is not the shard that its part manifest lists",
                shard.path.string());
  }
  if (mode == MergeMode::kDryRun) return reader.meta();
  std::error_code error;
  if (!fs::equivalent(shard.path, target, error)) {
    bring_record(shard.path.parent_path(), output, shard.summary.file);
    fs::create_hard_link(shard.path, target, error);
    if (error) write_file_atomically(target, reader.file_bytes());
  }
  return reader.meta();
}

// Shard names in the order of the plan: splits as the tool listed them, numbers within.
std::vector<std::string> split_order(const std::vector<Part>& parts) {
  std::vector<std::string> order;
  for (const Part& part : parts) {
    size_t at = 0;
    for (const SplitEntry& split : part.manifest.splits) {
      const auto found = std::find(order.begin(), order.end(), split.name);
      if (found == order.end()) {
        order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), split.name);
      } else {
        at = static_cast<size_t>(found - order.begin());
      }
      ++at;
    }
  }
  return order;
}

void append(std::vector<SampleNote>* to, const std::vector<SampleNote>& from) {
  to->insert(to->end(), from.begin(), from.end());
}

// What `output` holds already, by an earlier merge; all of it must be there.
std::optional<Manifest> merged_before(const fs::path& output) {
  const fs::path path = output / kManifestName;
  if (!fs::exists(path)) return std::nullopt;
  return read_manifest(path);
}

void check_is_whole(const Manifest& manifest, const fs::path& output) {
  for (const SplitEntry& split : manifest.splits) {
    for (const ShardSummary& shard : split.shards) {
      if (ShardReader(output / shard.file).file_bytes().size() == shard.size_bytes) continue;
      throw Error(ErrorCode::kCorrupt, "is not the shard that dataset.json lists",
                  (output / shard.file).string());
    }
  }
}

void refuse_nothing_left(const Manifest& manifest, const fs::path& output) {
  for (const SplitEntry& split : manifest.splits) {
    if (split.sample_count() > 0) return;
  }
  throw Error(ErrorCode::kCorrupt, "no sample is left in any part", output.string());
}

// Beside the parts themselves: those that an earlier merge joined already.
void add_merged(const Manifest& merged, const fs::path& output,
                std::map<std::string, PlacedShard>* shards) {
  for (const SplitEntry& split : merged.splits) {
    for (const ShardSummary& shard : split.shards)
      shards->emplace(shard.file, PlacedShard{shard, output / shard.file, split.name});
  }
}

Manifest join_parts(const std::vector<Part>& parts,
                    const std::map<std::string, PlacedShard>& shards,
                    const std::vector<std::string>& splits, const fs::path& output,
                    MergeMode mode) {
  Manifest manifest = parts.front().manifest;
  manifest.options.erase(kPlanShards);
  manifest.splits.clear();
  manifest.skipped.clear();
  manifest.normalized.clear();
  for (const std::string& split : splits) {
    manifest.splits.push_back({split, {}});
    for (const auto& [file, shard] : shards) {
      if (shard.split != split) continue;
      const ShardMeta meta = bring_in(shard, manifest, output, mode);
      manifest.splits.back().shards.push_back(shard.summary);
      append(&manifest.skipped, meta.skipped);
      append(&manifest.normalized, meta.normalized);
    }
  }
  return manifest;
}

}  // namespace

bool is_part_manifest(const std::string& file_name) {
  static const std::regex pattern(R"(part-\d+-of-\d+\.json)");
  return std::regex_match(file_name, pattern);
}

void write_part_manifest(const fs::path& folder, const PackPart& part, const PackPlan& plan,
                         const Manifest& manifest) {
  Manifest with_plan = manifest;
  with_plan.options[kPlanShards] = std::to_string(plan.shards.size());
  write_manifest(folder / part_manifest_name(part), with_plan);
}

std::string part_manifest_name(const PackPart& part) {
  return fmt::format("part-{:05}-of-{:05}.json", part.index, part.count);
}

Manifest merge_parts(const fs::path& output, const std::vector<fs::path>& part_folders,
                     MergeMode mode) {
  std::optional<FolderLock> lock;
  if (mode == MergeMode::kWrite) {
    std::error_code error;
    fs::create_directories(output, error);
    if (error) throw system_error("create folder", output.string(), error.value());
    lock.emplace(output, "a merge of parts");
  }
  std::vector<fs::path> folders{output};
  folders.insert(folders.end(), part_folders.begin(), part_folders.end());
  std::vector<Part> parts = read_parts(folders);
  const std::optional<Manifest> before = merged_before(output);
  if (parts.empty() && before) {  // nothing new
    check_is_whole(*before, output);
    return *before;
  }
  if (parts.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "found no part-*.json: nothing was packed here with --part, or it did not finish",
                output.string());
  }
  check_same_plan(parts);
  if (before && before->fingerprint != parts.front().manifest.fingerprint) {
    throw Error(ErrorCode::kInvalidArgument, "the output folder already holds another data set",
                (output / kManifestName).string());
  }
  std::map<std::string, PlacedShard> shards = collect_shards(parts);
  if (before) add_merged(*before, output, &shards);
  const std::string planned = parts.front().manifest.options[kPlanShards];
  if (std::to_string(shards.size()) != planned) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("expected the {} shards of the plan, the {} parts found hold {}; is a "
                            "part still running?",
                            planned, parts.size(), shards.size()),
                output.string());
  }
  std::vector<Part> in_order = parts;
  if (before) in_order.push_back({output / kManifestName, *before});
  const Manifest manifest = join_parts(parts, shards, split_order(in_order), output, mode);
  refuse_nothing_left(manifest, output);
  if (mode == MergeMode::kDryRun) return manifest;
  bring_record(parts.front().path.parent_path(), output, "");
  write_manifest(output / kManifestName, manifest);
  for (const Part& part : parts) {
    // Those of other folders stay: they are their owner's.
    std::error_code error;
    if (fs::equivalent(part.path.parent_path(), output, error)) fs::remove(part.path);
  }
  return manifest;
}

}  // namespace stoker
