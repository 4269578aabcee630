// CRC-32C (Castagnoli), as TFRecord and TensorBoard files check their bytes with.
//
// Thread-safety: pure functions. Source: RFC 3720, appendix B.4; the mask is that of TensorFlow's
// core/lib/hash/crc32c.h, and of LevelDB's logs.
#pragma once

#include <cstdint>

#include "libdata/core/arrays.h"

namespace stoker {

// Of all bytes so far, where `crc` is that of those before.
uint32_t crc32c(ByteSpan bytes, uint32_t crc = 0);
// The same by tables alone, for machines without the instruction, and to compare with.
uint32_t crc32c_by_table(ByteSpan bytes, uint32_t crc = 0);

// As files hold it, so that a checksum of bytes that hold checksums stays a good one.
constexpr uint32_t mask_crc32c(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

}  // namespace stoker
