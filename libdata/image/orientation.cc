#include "libdata/image/orientation.h"

#include <cstring>
#include <string>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {

Image turn_upright(Image stored, int orientation) {
  if (orientation < 1 || orientation > 8)
    throw Error(ErrorCode::kInvalidArgument,
                "expected an orientation of 1 to 8, found " + std::to_string(orientation));
  if (orientation == 1) return stored;
  const bool swap = swaps_sides(orientation);
  const ImageSize size = upright_size({stored.height, stored.width}, orientation);
  Image out{size.height, size.width, stored.channels, Bytes(stored.pixels.size())};
  const bool last_row_first =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool last_column_first =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const auto pixel_bytes = static_cast<size_t>(stored.channels);
  uint8_t* to = out.pixels.data();
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x, to += pixel_bytes) {
      int64_t row = swap ? x : y;
      int64_t column = swap ? y : x;
      if (last_row_first) row = stored.height - 1 - row;
      if (last_column_first) column = stored.width - 1 - column;
      std::memcpy(to,
                  &stored.pixels[static_cast<size_t>(row * stored.width + column) * pixel_bytes],
                  pixel_bytes);
    }
  }
  return out;
}

}  // namespace stoker
