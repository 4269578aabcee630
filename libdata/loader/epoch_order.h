// In which order an epoch visits the samples of a split, and how ranks share it.
//
// The order is a pure function of (split, order options, seed, epoch): the same on every machine,
// for any number of threads and ranks. A place in an epoch is one number, the position: how many
// samples all ranks together have passed. Training resumed from a position, also with another
// number of ranks, goes on with exactly the samples that were left.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace stoker {

enum class SampleOrder : uint8_t {
  kRandom,      // an exact shuffle of the whole split
  kWindow,      // shards in random order, then shuffled in windows: I/O is sequential
  kSequential,  // as stored
};

SampleOrder parse_sample_order(std::string_view text);  // "random", "window", "sequential"

// What happens to the last samples of an epoch, where they do not fill a batch on every rank.
enum class EpochTail : uint8_t {
  kShort,  // they are dealt out evenly, so that batches may be short, and empty on some ranks
  kDrop,   // they are left out of this epoch
  kDropUnlessAlone,  // likewise, but an epoch of fewer samples than one batch is that batch
  kPad,              // the batch is filled up with samples from the start of the epoch's order
};

// Sample ids in the order of the epoch. `first_samples`: id of each shard's first sample, and the
// number of samples (PackedSplit::first_samples). Memory: 8 bytes a sample.
std::vector<uint64_t> epoch_order(std::span<const uint64_t> first_samples, SampleOrder order,
                                  uint64_t window_samples, uint64_t seed, uint64_t epoch);

// Samples that lie one after another in one shard.
struct SampleRun {
  uint64_t first = 0;  // id
  uint64_t count = 0;
};

// What lies at positions begin..end-1 of SampleOrder::kWindow before its windows are shuffled: the
// samples of window w are those at w * window_samples and on, here in the order they lie on disk.
// Empty past the last sample.
std::vector<SampleRun> runs_before_shuffle(std::span<const uint64_t> first_samples, uint64_t seed,
                                           uint64_t epoch, uint64_t begin, uint64_t end);

// How one epoch, from `start` on, falls into batches of `batch_size` on each of `world_size` ranks.
// Step s covers the positions from start + s * batch_size * world_size; each rank has a run of
// consecutive ones.
struct EpochSplit {
  uint64_t sample_count = 0;
  uint64_t start = 0;  // position
  uint64_t batch_size = 1;
  uint32_t rank = 0;
  uint32_t world_size = 1;
  EpochTail tail = EpochTail::kShort;

  struct Range {
    uint64_t begin = 0;    // positions begin..begin+count-1, modulo sample_count
    uint64_t count = 0;    // samples of this rank's batch, padding included
    uint64_t padding = 0;  // of these, the last ones that repeat the start of the epoch
  };

  uint64_t steps() const;  // the same on every rank
  Range range(uint64_t step) const;
  uint64_t position_after(uint64_t step) const;  // where to go on once the step is done
};

}  // namespace stoker
