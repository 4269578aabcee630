#include "libdata/loader/epoch_order.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/random.h"

namespace stoker {
namespace {

// Windows are shuffled with draws of their own, from sample numbers that no data set reaches and
// that differ from the one random_permutation uses.
uint64_t window_stream(uint64_t window) {
  return ~uint64_t{0} - 1 - window;
}

std::vector<uint64_t> windowed_order(std::span<const uint64_t> first_samples,
                                     uint64_t window_samples, uint64_t seed, uint64_t epoch) {
  std::vector<uint64_t> order;
  order.reserve(first_samples.back());
  for (const uint64_t shard : random_permutation(first_samples.size() - 1, seed, epoch))
    for (uint64_t id = first_samples[shard]; id < first_samples[shard + 1]; ++id)
      order.push_back(id);
  for (uint64_t begin = 0, window = 0; begin < order.size(); begin += window_samples, ++window) {
    RandomStream stream(seed, epoch, window_stream(window));
    const uint64_t count = std::min(window_samples, order.size() - begin);
    for (uint64_t i = count; i > 1; --i)
      std::swap(order[begin + i - 1], order[begin + stream.next_below(i)]);
  }
  return order;
}

}  // namespace

std::vector<SampleRun> runs_before_shuffle(std::span<const uint64_t> first_samples, uint64_t seed,
                                           uint64_t epoch, uint64_t begin, uint64_t end) {
  std::vector<SampleRun> runs;
  uint64_t position = 0;
  for (const uint64_t shard : random_permutation(first_samples.size() - 1, seed, epoch)) {
    const uint64_t first = first_samples[shard];
    const uint64_t count = first_samples[shard + 1] - first;
    const uint64_t from = std::max(begin, position);
    const uint64_t to = std::min(end, position + count);
    if (from < to) runs.push_back({first + (from - position), to - from});
    position += count;
  }
  return runs;
}

SampleOrder parse_sample_order(std::string_view text) {
  if (text == "random") return SampleOrder::kRandom;
  if (text == "window") return SampleOrder::kWindow;
  if (text == "sequential") return SampleOrder::kSequential;
  throw Error(ErrorCode::kInvalidArgument,
              "expected the order random, window or sequential, found " + std::string(text));
}

std::vector<uint64_t> epoch_order(std::span<const uint64_t> first_samples, SampleOrder order,
                                  uint64_t window_samples, uint64_t seed, uint64_t epoch) {
  if (order == SampleOrder::kRandom) return random_permutation(first_samples.back(), seed, epoch);
  if (order == SampleOrder::kWindow)
    return windowed_order(first_samples, std::max<uint64_t>(1, window_samples), seed, epoch);
  std::vector<uint64_t> ids(first_samples.back());
  std::iota(ids.begin(), ids.end(), uint64_t{0});
  return ids;
}

uint64_t EpochSplit::steps() const {
  const uint64_t left = start < sample_count ? sample_count - start : 0;
  const uint64_t global_batch = batch_size * world_size;
  const bool drops = tail == EpochTail::kDrop ||
                     (tail == EpochTail::kDropUnlessAlone && sample_count >= global_batch);
  return drops ? left / global_batch : (left + global_batch - 1) / global_batch;
}

EpochSplit::Range EpochSplit::range(uint64_t step) const {
  const uint64_t begin = start + step * batch_size * world_size;
  const uint64_t left = sample_count - begin;
  if (left >= batch_size * world_size) return {begin + rank * batch_size, batch_size, 0};
  if (tail == EpochTail::kPad) {
    const uint64_t mine = begin + rank * batch_size;
    const uint64_t real = mine < sample_count ? std::min(batch_size, sample_count - mine) : 0;
    return {mine % sample_count, batch_size, batch_size - real};
  }
  // Dealt out evenly: the first `left % world_size` ranks have one more.
  const uint64_t each = left / world_size;
  const uint64_t extra = left % world_size;
  return {begin + rank * each + std::min<uint64_t>(rank, extra), each + (rank < extra ? 1 : 0), 0};
}

uint64_t EpochSplit::position_after(uint64_t step) const {
  return std::min(sample_count, start + (step + 1) * batch_size * world_size);
}

}  // namespace stoker
