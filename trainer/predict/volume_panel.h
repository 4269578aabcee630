// A picture of a volume: z slices as rows, and in each row views of it side by side, with a caption
// over each column.
//
// Thread-safety: free functions. Units: a pixel a voxel; views are kPanelGap pixels apart, more
// where a caption is wider than the volume.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

inline constexpr int64_t kPanelGap = 4;
inline constexpr int64_t kPanelHeading = 18;  // height of the captions' row

// One view of a slice: y, x, 0 (black) to 255.
using SliceView = std::function<Bytes(int64_t z)>;

struct PanelColumn {
  std::string caption;  // ASCII
  SliceView view;
};

// Gray. Pixels from one column to the next are panel_step(width, columns). InvalidArgument where a
// view gives a slice of another size.
Image draw_panel(const Zyx& size_zyx, std::span<const PanelColumn> columns,
                 std::span<const int64_t> slices);
int64_t panel_step(int64_t width, std::span<const PanelColumn> columns);

// `count` slices of a volume `depth` deep, evenly spread, none at its faces if it can be helped.
std::vector<int64_t> spread_slices(int64_t depth, int64_t count);

}  // namespace stoker
