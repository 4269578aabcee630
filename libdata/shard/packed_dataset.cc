#include "libdata/shard/packed_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

ShardReader open_shard(const fs::path& folder, const Manifest& manifest, const SplitEntry& split,
                       size_t position) {
  const ShardSummary& entry = split.shards[position];
  const fs::path path = folder / entry.file;
  ShardReader shard(path);
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::kCorrupt, why + " (verify-dataset lists every fault)", path.string());
  };
  if (shard.file_bytes().size() != entry.size_bytes) {
    refuse(fmt::format("expected {} bytes as the manifest says, found {}", entry.size_bytes,
                       shard.file_bytes().size()));
  }
  if (shard.header().fingerprint != manifest.fingerprint) refuse("belongs to another packing plan");
  // Also where a shard is listed twice, or two were renamed into one another.
  if (shard.header().shard_index != position || shard.header().shard_count != split.shards.size()) {
    refuse(fmt::format("is shard {} of {}, but the manifest lists it as {} of {}",
                       shard.header().shard_index, shard.header().shard_count, position,
                       split.shards.size()));
  }
  if (shard.sample_count() != entry.sample_count) {
    refuse(fmt::format("expected {} samples as the manifest says, found {}", entry.sample_count,
                       shard.sample_count()));
  }
  if (shard.meta().split != split.name || !(shard.schema() == manifest.schema)) {
    refuse("split or schema differ from the manifest's");
  }
  return shard;
}

PackedSplit open_split(const fs::path& folder, const Manifest& manifest, const SplitEntry& split) {
  std::vector<std::optional<ShardReader>> opened(split.shards.size());
  run_parallel(opened.size(),
               [&](uint64_t i) { opened[i].emplace(open_shard(folder, manifest, split, i)); });
  std::vector<ShardReader> shards;
  for (auto& shard : opened)
    shards.push_back(std::move(*shard));
  return PackedSplit(split.name, std::move(shards));
}

}  // namespace

PackedSplit::PackedSplit(std::string name, std::vector<ShardReader> shards)
    : name_(std::move(name)), shards_(std::move(shards)), first_sample_{0} {
  for (const ShardReader& shard : shards_) {
    first_sample_.push_back(first_sample_.back() + shard.sample_count());
  }
}

PackedSplit::Place PackedSplit::locate(uint64_t sample_id) const {
  const auto after = std::upper_bound(first_sample_.begin(), first_sample_.end(), sample_id);
  const auto shard = static_cast<size_t>(after - first_sample_.begin()) - 1;
  return {shard, sample_id - first_sample_[shard]};
}

void PackedSplit::hold_index() {
  for (ShardReader& shard : shards_)
    shard.hold_index();
}

BlobView PackedSplit::blob(uint64_t sample_id, size_t field) const {
  const Place place = locate(sample_id);
  return shards_[place.shard].blob(place.sample, field);
}

ByteSpan PackedSplit::inline_bytes(uint64_t sample_id, size_t field) const {
  const Place place = locate(sample_id);
  return shards_[place.shard].inline_bytes(place.sample, field);
}

int64_t PackedSplit::inline_int(uint64_t sample_id, size_t field) const {
  const Place place = locate(sample_id);
  return shards_[place.shard].inline_int(place.sample, field);
}

std::string_view PackedSplit::sample_name(uint64_t sample_id) const {
  const Place place = locate(sample_id);
  return shards_[place.shard].name(place.sample);
}

std::string PackedSplit::describe(uint64_t sample_id, size_t field) const {
  const Place place = locate(sample_id);
  const ShardReader& shard = shards_[place.shard];
  return fmt::format("{}: sample {} '{}', field {}", fs::path(shard.path()).filename().string(),
                     place.sample, shard.name(place.sample), shard.schema().fields[field].name);
}

PackedDataset::PackedDataset(const fs::path& folder) : folder_(folder) {
  if (folder_.filename() == kManifestName && fs::is_regular_file(folder_)) {
    folder_ = folder_.parent_path();
  }
  const fs::path path = folder_ / kManifestName;
  if (!fs::exists(path)) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("expected a packed data set, found no {} here (not packed yet, or the "
                            "packing did not finish: run it again with --resume)",
                            kManifestName),
                folder_.string());
  }
  manifest_ = read_manifest(path);
  for (const SplitEntry& split : manifest_.splits) {
    splits_.push_back(open_split(folder_, manifest_, split));
  }
}

const PackedSplit* PackedDataset::find_split(std::string_view name) const {
  for (const PackedSplit& split : splits_) {
    if (split.name() == name) return &split;
  }
  return nullptr;
}

std::vector<ShardReader> PackedDataset::take_shards(const PackedSplit& split) {
  PackedSplit& own = splits_[static_cast<size_t>(&split - splits_.data())];
  return std::exchange(own, PackedSplit(own.name(), {})).take_shards();
}

const PackedSplit& PackedDataset::split(std::string_view name) const {
  if (name.empty() && splits_.size() == 1) return splits_.front();
  if (const PackedSplit* found = find_split(name.empty() ? "train" : name)) return *found;
  if (splits_.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected at least one sample, the data set holds none",
                folder_.string());
  }
  std::string names;
  for (const PackedSplit& split : splits_)
    names += (names.empty() ? "" : ", ") + split.name();
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("expected a split '{}', the data set has: {}",
                          name.empty() ? "train" : name, names),
              folder_.string());
}

}  // namespace stoker
