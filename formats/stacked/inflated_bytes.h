// The bytes behind a deflate stream in a file: a member of a zip archive, a gzip file.
//
// Small ones are inflated once, whole. Large ones are inflated as they are asked for, front to
// back, and the last 64 MiB kept; what lies before that is inflated again from the nearest of the
// places noted on the way (one for 8 MiB, 32 KiB each), so that memory is bounded whatever the
// size. Thread-safety: as ArrayBytes; inflating is one thread's at a time. Errors: Corrupt with
// path and offset for damage, a size other than announced, or a wrong CRC-32, which of a large
// stream shows once its end is reached. Source: RFC 1951, zlib's examples/zran.c for the places.
#pragma once

#include <cstdint>
#include <memory>

#include "formats/stacked/array_bytes.h"

namespace stoker {

struct DeflatedRange {
  std::shared_ptr<const MappedFile> file;
  uint64_t begin = 0;       // in the file
  uint64_t size = 0;        // as it lies there
  uint64_t plain_size = 0;  // inflated
  uint32_t crc = 0;         // CRC-32 of what is inflated
};

// Corrupt where the range cannot hold so much, before memory is taken.
void check_ratio(const DeflatedRange& range);

Bytes inflate_whole(const DeflatedRange& range);
// The first bytes alone; fewer where there are no more. No CRC is looked at.
Bytes inflate_front(const DeflatedRange& range, size_t most);

// Whole and at once up to `most_in_memory` bytes; else one that is read in its order.
std::unique_ptr<ArrayBytes> inflated_bytes(const DeflatedRange& range, uint64_t most_in_memory);

inline constexpr uint64_t kMostInflatedInMemory = uint64_t{256} << 20;

}  // namespace stoker
