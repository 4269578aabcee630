// TIFF's LZW: codes of 9 to 12 bits, most significant bit first, widened one code early.
//
// Here because it decides how fast volumes are packed: libtiff follows links backwards to spell a
// string; this copies it, sixteen bytes at a time, from where it was written before. Measured
// beside libtiff by tests/bench/bench_pack_volumes.sh. Thread-safety: pure function. Errors:
// Corrupt. Not supported: the bit-reversed variant of 1987, which is_old_lzw tells (libtiff reads
// it). Source: TIFF 6.0, section 13.
#pragma once

#include <span>

#include "libdata/core/arrays.h"

namespace stoker {

bool is_old_lzw(ByteSpan stored);

// Fills `out`; what the codes give beyond it is left. Corrupt where they end before, or name a
// string that is not there yet.
void decode_tiff_lzw(ByteSpan stored, std::span<uint8_t> out);

}  // namespace stoker
