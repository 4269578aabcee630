#include "trainer/predict/volume_panel.h"

#include <algorithm>
#include <string>

#include "libdata/core/error.h"
#include "libdata/image/image_draw.h"

namespace stoker {
namespace {

constexpr uint8_t kBackground = 32;  // neither black nor white: the views' edges are seen

// The row of captions, gray.
Image draw_heading(std::span<const PanelColumn> columns, int64_t step, int64_t width) {
  Image canvas = make_canvas(kPanelHeading, width, kBackground);
  for (size_t column = 0; column < columns.size(); ++column) {
    draw_text(canvas, columns[column].caption, 2, static_cast<int64_t>(column) * step,
              step - kPanelGap);
  }
  Image gray{canvas.height, canvas.width, 1, {}};
  for (size_t i = 0; i < canvas.pixels.size(); i += 3)
    gray.pixels.push_back(canvas.pixels[i]);
  return gray;
}

}  // namespace

int64_t panel_step(int64_t width, std::span<const PanelColumn> columns) {
  int64_t widest = width;
  for (const PanelColumn& column : columns)
    widest = std::max(widest, text_width(column.caption));
  return widest + kPanelGap;
}

Image draw_panel(const Zyx& size_zyx, std::span<const PanelColumn> columns,
                 std::span<const int64_t> slices) {
  const int64_t height = size_zyx[1];
  const int64_t width = size_zyx[2];
  const int64_t step = panel_step(width, columns);
  const auto rows = static_cast<int64_t>(slices.size());
  const int64_t panel_width = static_cast<int64_t>(columns.size()) * step - kPanelGap;
  Image image = draw_heading(columns, step, panel_width);
  image.height = kPanelHeading + rows * (height + kPanelGap) - kPanelGap;
  image.pixels.resize(static_cast<size_t>(image.height * image.width), kBackground);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t top = kPanelHeading + row * (height + kPanelGap);
    for (size_t column = 0; column < columns.size(); ++column) {
      const Bytes slice = columns[column].view(slices[static_cast<size_t>(row)]);
      if (static_cast<int64_t>(slice.size()) != height * width) {
        throw Error(ErrorCode::kInvalidArgument,
                    "panel: expected a slice of " + std::to_string(height * width) +
                        " voxels, found " + std::to_string(slice.size()));
      }
      for (int64_t y = 0; y < height; ++y) {
        const int64_t at = (top + y) * image.width + static_cast<int64_t>(column) * step;
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
