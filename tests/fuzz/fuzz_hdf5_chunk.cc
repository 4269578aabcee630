// Any bytes as a packed chunk, through any chain of filters: an Error, or a chunk of its size.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "formats/hdf5/chunk_filters.h"
#include "libdata/core/error.h"

// The first bytes choose: how many filters, which, the mask, the element, the chunk's size.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace stoker;
  constexpr std::array kFilters{kDeflateFilter, kShuffleFilter, kFletcher32Filter, kLzfFilter,
                                kBloscFilter};
  constexpr size_t kHead = 8;
  if (size < kHead) return 0;
  std::vector<ChunkFilter> filters;
  for (size_t i = 0; i < data[0] % 4u; ++i) {
    ChunkFilter filter;
    filter.id = kFilters[data[1 + i] % kFilters.size()];
    filter.element_bytes = data[4] % 9u;
    filters.push_back(filter);
  }
  Bytes chunk(static_cast<size_t>(data[6]) << 8 | data[7]);
  try {
    unpack_chunk(filters, data[5], {data + kHead, size - kHead}, chunk);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) std::abort();
  }
  return 0;
}
