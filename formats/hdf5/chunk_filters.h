// What lies between a chunk of an HDF5 data set in the file and its elements: deflate, shuffle,
// fletcher32, LZF, Blosc. Works on bytes alone; libhdf5 is not asked.
//
// Thread-safety: pure functions. Errors: Corrupt for bytes that do not unpack to exactly the size
// they must have, or whose checksum is wrong. Source: HDF5 File Format Specification 3.0, "Filter
// Pipeline Message", and the registered filters 32000 (LZF) and 32001 (Blosc 1).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr int32_t kDeflateFilter = 1;
inline constexpr int32_t kShuffleFilter = 2;
inline constexpr int32_t kFletcher32Filter = 3;
inline constexpr int32_t kLzfFilter = 32000;
inline constexpr int32_t kBloscFilter = 32001;

struct ChunkFilter {
  int32_t id = 0;
  uint32_t element_bytes = 1;  // of shuffle
};

bool is_known_filter(int32_t id);

// Undoes the filters, last first, but for those whose bit is set in `skipped`. `out` is as large as
// the chunk is unpacked. Precondition: all filters are known; at most 32.
void unpack_chunk(std::span<const ChunkFilter> filters, uint32_t skipped, ByteSpan packed,
                  std::span<uint8_t> out);

// Byte k of every element, then byte k + 1 of every element; what is left over at the end as it is.
void shuffle_bytes(ByteSpan elements, size_t element_bytes, std::span<uint8_t> out);
void unshuffle_bytes(ByteSpan shuffled, size_t element_bytes, std::span<uint8_t> out);

uint32_t fletcher32(ByteSpan bytes);

// Deflate with a zlib header, as filter 1 has it. Belongs to one thread.
class Deflater {
 public:
  explicit Deflater(int level);  // 1..12
  void pack(ByteSpan bytes, Bytes& packed);

 private:
  struct Release {
    void operator()(void* compressor) const;
  };
  std::unique_ptr<void, Release> compressor_;
};

}  // namespace stoker
