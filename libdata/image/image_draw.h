// Drawing for people to look at: montages of samples with their names.
//
// Thread-safety: pure functions but for the canvas they draw on. Not supported: text other than
// ASCII (each other byte becomes '?').
#pragma once

#include <string_view>

#include "libdata/core/arrays.h"

namespace stoker {

// A canvas of 3 channels, all of one gray.
Image make_canvas(int64_t height, int64_t width, uint8_t gray);

// Copies `tile` (1 or 3 channels) onto the canvas (3 channels), its upper left corner at (y, x).
// What lies outside is cut off.
void draw_image(Image& canvas, const Image& tile, int64_t y, int64_t x);

// One line of text, white, upper left corner at (y, x), cut to `width` pixels. kTextHeight high.
inline constexpr int64_t kTextHeight = 14;
void draw_text(Image& canvas, std::string_view text, int64_t y, int64_t x, int64_t width);
int64_t text_width(std::string_view text);  // pixels that draw_text needs for all of it

}  // namespace stoker
