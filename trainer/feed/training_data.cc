#include "trainer/feed/training_data.h"

#include <spdlog/spdlog.h>

#include <deque>

#include "libdata/core/error.h"
#include "libdata/core/units.h"
#include "libdata/loader/loader_options.h"
#include "trainer/feed/unpacked_data.h"

namespace stoker {
namespace {

using OpenSets = std::deque<PackedDataset>;  // stay where they are

OpenSets open_all(const std::vector<std::string>& folders) {
  OpenSets sets;
  for (const std::string& folder : folders) {
    refuse_unpacked_data(folder);
    sets.emplace_back(folder);
  }
  return sets;
}

const PackedSplit* find_val_split(const PackedDataset& dataset) {
  const PackedSplit* split = dataset.find_split("val");
  return split != nullptr && split->sample_count() > 0 ? split : nullptr;
}

std::unique_ptr<JoinedSplit> join(const std::vector<ChosenSplit>& chosen) {
  if (chosen.empty()) return nullptr;
  auto joined = std::make_unique<JoinedSplit>(join_splits(chosen));
  for (const std::string& note : joined->notes)
    spdlog::warn("{}", note);
  if (chosen.size() > 1) {
    spdlog::info("{} joined, split {}: {}", counted(chosen.size(), "data set"),
                 joined->split.name(), counted(joined->split.sample_count(), "sample"));
  }
  return joined;
}

}  // namespace

std::string TrainingData::fingerprint() const {
  return val ? train->fingerprint + " " + val->fingerprint : train->fingerprint;
}

TrainingData open_training_data(const DataOptions& options) {
  OpenSets train_sets = open_all(options.shards);
  OpenSets val_sets = open_all(options.val_shards);
  std::vector<ChosenSplit> train;
  std::vector<ChosenSplit> val;
  for (PackedDataset& set : train_sets) {
    train.push_back({&set, &set.split("")});
    const PackedSplit* split = val_sets.empty() ? find_val_split(set) : nullptr;
    if (split != nullptr && split != train.back().split) val.push_back({&set, split});
  }
  for (PackedDataset& set : val_sets) {
    const PackedSplit* split = find_val_split(set);
    val.push_back({&set, split != nullptr ? split : &set.split("")});
  }
  TrainingData data{join(train), join(val)};
  if (data.train->split.sample_count() == 0) {
    throw Error(ErrorCode::kCorrupt,
                "expected at least one training sample, found none in split '" +
                    data.train->split.name() + "'",
                data.train->where);
  }
  if (parse_io_mode(options.io) != IoMode::kMmap) {
    data.train->split.hold_index();
    if (data.val) data.val->split.hold_index();
  }
  return data;
}

}  // namespace stoker
