// The data of a training run: what is trained and validated on, each joined from one or more packed
// data sets.
//
// Ownership: owns the mappings; the splits stay where they are when this is moved. Errors: those of
// PackedDataset and join_splits; Corrupt where there is no training sample.
#pragma once

#include <memory>
#include <string>

#include "libdata/shard/joined_split.h"
#include "trainer/options/train_options.h"

namespace stoker {

struct TrainingData {
  std::unique_ptr<JoinedSplit> train;
  std::unique_ptr<JoinedSplit> val;  // null: no validation

  std::string fingerprint() const;
};

// Validation: of each of --val-shards split "val", or its only split; without --val-shards the
// splits "val" of --shards that have samples.
TrainingData open_training_data(const DataOptions& options);

}  // namespace stoker
