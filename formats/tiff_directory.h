// The chain of directories of a TIFF, and what its first description promises; no pixels.
//
// Walked here rather than through libtiff, because a page then costs a few loads, and because its
// bounds, loops and promises are to be checked before anything is decoded. Thread-safety: pure
// functions. Errors: Corrupt with the byte offset.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

// Offsets of all directories in the main chain, in order; at least one. Corrupt for bytes that are
// no TIFF, a directory past the end, or a chain that comes back to itself.
std::vector<uint64_t> tiff_directory_offsets(ByteSpan file);

// Of the first alone. Corrupt for bytes that are no TIFF.
uint64_t first_tiff_directory(ByteSpan file);

// A description that speaks of more planes than one page: "ImageJ=...\nimages=N", or tifffile's
// {"shape": [N, H, W]}.
struct DescribedStack {
  uint64_t plane_count = 0;
  bool several_axes = false;  // channels, slices and frames: more than one exceeds 1
};

// Nullopt where the text is neither program's or promises nothing.
std::optional<DescribedStack> parse_stack_description(std::string_view description);

}  // namespace stoker
