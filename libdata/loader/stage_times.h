// Where the time of loading went, in seconds summed over all worker threads.
#pragma once

#include <cstdint>

namespace stoker {

struct StageTimes {
  double read = 0;     // waiting for the sample's bytes: page faults, pread, hash check
  double decode = 0;   // bytes to pixels
  double augment = 0;  // crop, resize, flip, copy into the batch
  double idle = 0;     // workers without a free batch to fill: the consumer is the slower side
  double wait = 0;     // the consumer's thread in next(): the loader is the slower side
  uint64_t samples = 0;
  uint64_t stored_bytes = 0;  // of these samples, as stored
};

}  // namespace stoker
