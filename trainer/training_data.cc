#include "trainer/training_data.h"

#include "libdata/core/hash.h"

namespace stoker {
namespace {

const PackedSplit* find_val_split(const PackedDataset& dataset) {
  const PackedSplit* split = dataset.find_split("val");
  return split != nullptr && split->sample_count() > 0 ? split : nullptr;
}

}  // namespace

std::string TrainingData::fingerprint() const {
  std::string text = to_hex(train_dataset->manifest().fingerprint) + "/" + train->name();
  if (val != nullptr) {
    const PackedDataset& dataset = val_dataset ? *val_dataset : *train_dataset;
    text += " " + to_hex(dataset.manifest().fingerprint) + "/" + val->name();
  }
  return text;
}

TrainingData open_training_data(const DataOptions& options) {
  TrainingData data;
  data.train_dataset = std::make_unique<PackedDataset>(options.shards);
  data.train = &data.train_dataset->split("");
  if (options.val_shards.empty()) {
    data.val = find_val_split(*data.train_dataset);
  } else {
    data.val_dataset = std::make_unique<PackedDataset>(options.val_shards);
    data.val = find_val_split(*data.val_dataset);
    if (data.val == nullptr) data.val = &data.val_dataset->split("");
  }
  return data;
}

}  // namespace stoker
