#include "trainer/volume_panel.h"

#include <algorithm>
#include <string>

#include "libdata/core/error.h"

namespace stoker {

Image draw_panel(const Zyx& size_zyx, std::span<const SliceView> views,
                 std::span<const int64_t> slices) {
  const int64_t height = size_zyx[1];
  const int64_t width = size_zyx[2];
  const auto columns = static_cast<int64_t>(views.size());
  const auto rows = static_cast<int64_t>(slices.size());
  Image image{
      rows * (height + kPanelGap) - kPanelGap, columns * (width + kPanelGap) - kPanelGap, 1, {}};
  image.pixels.assign(static_cast<size_t>(image.height * image.width), 255);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const Bytes slice = views[static_cast<size_t>(column)](slices[static_cast<size_t>(row)]);
      if (static_cast<int64_t>(slice.size()) != height * width) {
        throw Error(ErrorCode::kInvalidArgument,
                    "panel: expected a slice of " + std::to_string(height * width) +
                        " voxels, found " + std::to_string(slice.size()));
      }
      for (int64_t y = 0; y < height; ++y) {
        const int64_t at =
            (row * (height + kPanelGap) + y) * image.width + column * (width + kPanelGap);
        std::copy_n(slice.begin() + y * width, width, image.pixels.begin() + at);
      }
    }
  }
  return image;
}

std::vector<int64_t> spread_slices(int64_t depth, int64_t count) {
  std::vector<int64_t> slices;
  for (int64_t i = 0; i < std::min(count, depth); ++i)
    slices.push_back((2 * i + 1) * depth / (2 * std::min(count, depth)));
  return slices;
}

}  // namespace stoker
