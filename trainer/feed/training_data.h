// The data of a training run: what is trained and validated on, each joined from one or more packed
// data sets.
//
// Ownership: owns the mappings; the splits stay where they are when this is moved. Errors: those of
// PackedDataset and join_splits; Corrupt where there is no training sample.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libdata/core/hash.h"
#include "libdata/loader/loader_options.h"
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

// What the options say of loading, whatever the samples are: for the options of either loader.
template <typename LoaderOptions>
void set_loading_options(const DataOptions& options, int threads, LoaderOptions& loader) {
  loader.batch_size = options.batch_size;
  loader.rank = static_cast<uint32_t>(options.rank);
  loader.world_size = static_cast<uint32_t>(options.world_size);
  loader.threads = threads;
  loader.on_error = parse_on_error(options.on_error);
  loader.io = parse_io_mode(options.io);
  loader.check_hashes = HashCheck::asked(options.check_hashes);
}

}  // namespace stoker
