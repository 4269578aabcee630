// What a TIFF's description says of its pages as a whole: how many planes they are, and whether
// they are one volume or several channels, time points or images.
//
// Known: ImageJ ("ImageJ=...\nimages=N"), tifffile ({"shape": [Z, Y, X]}, axes of one left out
// wherever they stand), OME-XML (<Pixels SizeC= SizeZ= SizeT=>), Micro-Manager's JSON ("Channels",
// "Slices", "Frames", also below "Summary").
// Thread-safety: pure functions. Errors: none; text of another kind says nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stoker {

struct DescribedStack {
  uint64_t plane_count = 0;
  std::string several;  // "OME: SizeC 2, SizeZ 20"; empty: one volume
};

// `height` and `width` are those of the page it describes. Nullopt where it promises nothing.
std::optional<DescribedStack> parse_stack_description(std::string_view description, uint64_t height,
                                                      uint64_t width);

}  // namespace stoker
