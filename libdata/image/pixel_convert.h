// Colour conversions of 8-bit pixels, equal to Pillow's to the bit.
// Source: Pillow, libImaging/Convert.c (cmyk2rgb, rgb2l), re-derived from its documented formulas.
#pragma once

#include <cstdint>
#include <span>

#include "libdata/core/arrays.h"

namespace stoker {

// Channels wanted of an image. kAsStored: 1 for gray files, 3 for all others.
enum class Channels : uint8_t { kAsStored = 0, kGray = 1, kRgb = 3 };

// In place, for images of 1 or 3 channels: gray is replicated, colour becomes Pillow's "L".
void convert_channels(Image& image, Channels channels);

// C, M, Y, K as Adobe stores them (255 = no ink) to R, G, B. `rgb` may be the start of `cmyk`.
void inverted_cmyk_to_rgb(std::span<const uint8_t> cmyk, uint8_t* rgb);

// ITU-R 601-2 luma with 16 fractional bits, rounded. `gray` may be the start of `rgb`.
void rgb_to_gray(std::span<const uint8_t> rgb, uint8_t* gray);

// In place, from the last pixel to the first: `pixels` has room for 3 * count bytes.
void gray_to_rgb(uint8_t* pixels, int64_t count);

}  // namespace stoker
