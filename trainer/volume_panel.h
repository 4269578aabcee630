// A picture of a volume: z slices as rows, and in each row views of it side by side.
//
// Thread-safety: free function. Units: a pixel a voxel; views are kPanelGap pixels apart.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

inline constexpr int64_t kPanelGap = 4;

// One view of a slice: y, x, 0 (black) to 255.
using SliceView = std::function<Bytes(int64_t z)>;

// Gray. InvalidArgument where a view gives a slice of another size.
Image draw_panel(const Zyx& size_zyx, std::span<const SliceView> views,
                 std::span<const int64_t> slices);

// `count` slices of a volume `depth` deep, evenly spread, none at its faces if it can be helped.
std::vector<int64_t> spread_slices(int64_t depth, int64_t count);

}  // namespace stoker
