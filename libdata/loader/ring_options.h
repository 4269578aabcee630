// What of a loader's options its ring of batches needs, whatever the samples are.
//
// Values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libdata/loader/epoch_order.h"
#include "libdata/loader/loader_options.h"

namespace stoker {

struct RingOptions {
  EpochTail tail = EpochTail::kShort;
  uint32_t rank = 0;
  uint32_t world_size = 1;
  int threads = 0;  // 0: all cores
  size_t batches_in_flight = 2;
  OnError on_error = OnError::kStop;
};

template <typename LoaderOptions>
RingOptions ring_options(const LoaderOptions& options) {
  return {
      options.tail,    options.rank, options.world_size, options.threads, options.batches_in_flight,
      options.on_error};
}

// InvalidArgument for what makes no sense, in a message that begins with `loader`.
void check_ring_options(const char* loader, const RingOptions& options);

}  // namespace stoker
