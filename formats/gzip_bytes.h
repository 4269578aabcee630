// Gzip files in memory, one member or many (bgzip writes thousands), at libdeflate's speed.
//
// Thread-safety: free functions; any number of threads. Ownership: spans are read and written
// during the call only. Errors: Corrupt with the byte offset of the member at fault. Source: RFC
// 1951, RFC 1952.
#pragma once

#include <cstdint>
#include <span>

#include "libdata/core/arrays.h"

namespace stoker {

bool looks_like_gzip(ByteSpan front);

// Up to `size_bytes` of what the file unpacks to; less where `front` does not hold that much. Costs
// what that takes, whatever the file's size.
Bytes gunzip_front(ByteSpan front, size_t size_bytes);

// No file of `gzip_bytes` unpacks to more: what a header promises is compared with it before memory
// is taken.
constexpr uint64_t most_unpacked_bytes(uint64_t gzip_bytes) {
  constexpr uint64_t kMostRatio = 1032;  // of deflate: 258 bytes from two bits
  return gzip_bytes * kMostRatio;
}

// Fills `out` with the first bytes of what the file unpacks to. Corrupt where they are fewer, or
// where the checksum of a member that was begun does not match. What follows is not looked at.
void gunzip(ByteSpan file, std::span<uint8_t> out);

// Fills `out` with all that the members unpack to. Corrupt where that is more or less.
void gunzip_exactly(ByteSpan file, std::span<uint8_t> out);

// One member, its header without name or time: the same bytes everywhere. Levels 1 to 12, as
// libdeflate has them.
void gzip(ByteSpan bytes, int level, Bytes& out);

}  // namespace stoker
