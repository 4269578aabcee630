#include "python/src/opened_dataset.h"

#include <fmt/format.h>

#include <deque>
#include <optional>

#include "libdata/core/parallel.h"

namespace stoker {

OpenDataset open_dataset(const std::vector<std::filesystem::path>& folders,
                         const std::string& split, HashCheck check_hashes, bool hold_index) {
  if (folders.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected the folder of a packed data set, found none");
  }
  std::deque<PackedDataset> sets;
  std::vector<ChosenSplit> chosen;
  std::map<std::string, uint64_t> sizes;
  run_on_this_thread([&] {
    for (const std::filesystem::path& folder : folders) {
      PackedDataset& set = sets.emplace_back(folder);
      for (const PackedSplit& own : set.splits())
        sizes[own.name()] += own.sample_count();
      chosen.push_back({&set, &set.split(split)});
    }
  });
  OpenDataset opened{join_splits(chosen), std::move(sizes), folders, check_hashes};
  if (hold_index) opened.data.split.hold_index();
  return opened;
}

BlobView checked_blob(const OpenDataset& dataset, uint64_t sample_id, size_t field) {
  const PackedSplit::Place place = dataset.split().locate(sample_id);
  const ShardReader& shard = dataset.split().shards()[place.shard];
  const BlobView blob = shard.blob(place.sample, field);
  if (dataset.check_hashes.covers(blob.codec != Codec::kRaw))
    shard.check_record(place.sample, field);
  return blob;
}

Error placed_in_shard(const OpenDataset& dataset, uint64_t sample_id, const BlobView& blob,
                      const Error& error) {
  const PackedSplit::Place place = dataset.split().locate(sample_id);
  const ShardReader& shard = dataset.split().shards()[place.shard];
  return Error(
      error.code(),
      fmt::format("sample {} '{}': {}", place.sample, shard.name(place.sample), error.message()),
      shard.path(), blob.offset_bytes + error.offset_bytes().value_or(0));
}

}  // namespace stoker
