// The members of a zip archive, as its directory tells them: what a .npz file is.
//
// Read: stored and deflated members, zip64. Thread-safety: pure functions. Errors: Corrupt with the
// byte offset where the archive is cut short, or its directory and the members' own headers differ;
// Unsupported for encrypted members, other methods, and archives of several volumes. Source:
// APPNOTE.TXT 6.3.3, PKWARE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr size_t kLocalBytes = 30;       // of a member's own header, without name and extra
inline constexpr uint32_t kSee64 = 0xffffffff;  // the zip64 record holds the number

struct ZipMember {
  std::string name;
  bool deflated = false;
  uint64_t begin = 0;       // of its bytes in the archive
  uint64_t size = 0;        // as they lie there
  uint64_t plain_size = 0;  // inflated
  uint32_t crc = 0;         // CRC-32 of what is inflated
};

bool looks_like_zip(ByteSpan front);

// In the order of the directory; folders are no members. Every member lies within `archive`.
std::vector<ZipMember> list_zip(ByteSpan archive);

}  // namespace stoker
