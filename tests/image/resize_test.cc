#include "libdata/image/resize.h"

#include <gtest/gtest.h>

#include "libdata/core/error.h"
#include "tests/image/golden_images.h"

namespace stoker {
namespace {

TEST(FitSide, KeepsTheAspectRatioAndNeverEnlarges) {
  EXPECT_EQ(fit_max_side({375, 500}, 256), (ImageSize{192, 256}));
  EXPECT_EQ(fit_max_side({500, 375}, 256), (ImageSize{256, 192}));
  EXPECT_EQ(fit_short_side({375, 500}, 256), (ImageSize{256, 341}));
  EXPECT_EQ(fit_max_side({375, 500}, 500), (ImageSize{375, 500}));
  EXPECT_EQ(fit_short_side({100, 500}, 256), (ImageSize{100, 500}));
  EXPECT_EQ(fit_max_side({1, 6000}, 500), (ImageSize{1, 500}));
  EXPECT_THROW(fit_max_side({1, 1}, 0), Error);
}

// Two by two means, by arithmetic.
TEST(ResizeArea, HalvingIsTheMeanOfFour) {
  const Image image = textured_image(8, 12, 3);
  const Image half = resize_area(image, {4, 6});
  for (int64_t y = 0; y < 4; ++y)
    for (int64_t x = 0; x < 6; ++x)
      for (int64_t c = 0; c < 3; ++c) {
        const auto at = [&](int64_t yy, int64_t xx) {
          return int{image.pixels[static_cast<size_t>((yy * 12 + xx) * 3 + c)]};
        };
        const int sum = at(2 * y, 2 * x) + at(2 * y, 2 * x + 1) + at(2 * y + 1, 2 * x) +
                        at(2 * y + 1, 2 * x + 1);
        EXPECT_EQ(half.pixels[static_cast<size_t>((y * 6 + x) * 3 + c)], (sum + 2) / 4);
      }
}

TEST(ResizeArea, KeepsAFlatImageFlat) {
  for (ImageSize size : {ImageSize{1, 1}, ImageSize{7, 3}, ImageSize{64, 200}}) {
    const Image out = resize_area(Image{50, 40, 3, Bytes(6000, 77)}, size);
    EXPECT_EQ(out.pixels, Bytes(static_cast<size_t>(size.height * size.width * 3), 77));
  }
}

TEST(ResizeArea, RefusesEmptiness) {
  EXPECT_THROW(resize_area(Image{}, {1, 1}), Error);
  EXPECT_THROW(resize_area(Image{1, 1, 1, {0}}, {0, 1}), Error);
}

}  // namespace
}  // namespace stoker
