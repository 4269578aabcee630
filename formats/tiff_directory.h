// The chain of directories of a TIFF: where pages lie, and which are planes of the volume; no
// pixels.
//
// Walked here rather than through libtiff, because a page then costs a few loads, and because its
// bounds, loops and promises are to be checked before anything is decoded. Thread-safety: pure
// functions. Errors: Corrupt with the byte offset, and the page where it is not the first.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

struct TiffDirectories {
  std::vector<uint64_t> planes;  // offsets, in order of the main chain; at least one
  uint64_t asides = 0;           // thumbnails, smaller copies and masks by NewSubfileType: left out
};

// Corrupt for bytes that are no TIFF, a directory past the end, a chain that comes back to itself,
// or one without planes.
TiffDirectories list_tiff_directories(ByteSpan file);

// The first plane's alone: a thumbnail may stand before it.
uint64_t first_tiff_directory(ByteSpan file);

// How many values a tag of the directory has; 0 where the tag is not there.
uint64_t tiff_value_count(ByteSpan file, uint64_t directory_bytes, uint16_t tag);

// What Micro-Manager says of the file beside the description: after the header, or in a tag of the
// page. Empty where it is another program's.
std::string_view tiff_summary_text(ByteSpan file, uint64_t directory_bytes);

}  // namespace stoker
