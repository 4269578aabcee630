// What every batch says of itself, whatever its samples are: the beginning of its struct, and of
// its block (batch_block.h).
//
// A plain value of fixed layout, so that a kernel or another process can read it.
#pragma once

#include <cstdint>
#include <type_traits>

namespace stoker {

struct BatchHeader {
  uint64_t epoch = 0;
  uint64_t step = 0;            // within the epoch since its start or resumption
  uint64_t position_after = 0;  // resume here once this batch has been used
  int64_t count = 0;            // samples, padding included; can be 0
  int64_t padding = 0;          // of these, the last ones repeat the start of the epoch
  uint64_t block_bytes = 0;     // from this header to the end of the last array; 0 without a block
};
static_assert(sizeof(BatchHeader) == 48 && std::is_trivially_copyable_v<BatchHeader> &&
              std::is_standard_layout_v<BatchHeader>);

}  // namespace stoker
