// Made-up pictures in a few classes a small network can learn: a shape, turned, scaled and placed
// at random, over a noisy two-coloured ground with specks. The shape says the class for certain;
// the colour is only a hint, as hues of neighbouring classes overlap.
//
// A pure function of its arguments.
#pragma once

#include <cstdint>
#include <string>

#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr int64_t kDrawnClasses = 12;

std::string drawn_class_name(int64_t drawn_class);  // "ring"

// RGB. Precondition: 0 <= drawn_class < kDrawnClasses, 16 <= height, width.
Image draw_class(int64_t drawn_class, int64_t height, int64_t width, uint64_t seed,
                 uint64_t number);

}  // namespace stoker
