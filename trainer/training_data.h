// The data sets of a training run: which splits are trained and validated on.
//
// Ownership: owns the data sets; the splits live as long as it. Not to be moved once loaders use
// it. Errors: those of PackedDataset.
#pragma once

#include <memory>
#include <string>

#include "libdata/shard/packed_dataset.h"
#include "trainer/train_options.h"

namespace stoker {

struct TrainingData {
  std::unique_ptr<PackedDataset> train_dataset;
  std::unique_ptr<PackedDataset> val_dataset;  // null: validation is a split of train_dataset
  const PackedSplit* train = nullptr;
  const PackedSplit* val = nullptr;  // null: no validation

  const Schema& train_schema() const { return train_dataset->schema(); }
  const Schema& val_schema() const { return (val_dataset ? val_dataset : train_dataset)->schema(); }
  std::string fingerprint() const;
};

// Validation: split "val" of --val-shards, or its only split; without --val-shards split "val" of
// --shards, if it has samples.
TrainingData open_training_data(const DataOptions& options);

}  // namespace stoker
