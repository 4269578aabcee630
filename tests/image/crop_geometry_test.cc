#include "libdata/image/crop_geometry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr int kDraws = 20000;

CropBox draw(ImageSize image, uint64_t sample) {
  RandomStream stream(1, 2, sample);
  return random_resized_crop(image, {}, stream);
}

TEST(RandomResizedCrop, StaysInsideAndOnWholePixels) {
  for (ImageSize image : {ImageSize{375, 500}, ImageSize{1, 1}, ImageSize{500, 33}}) {
    for (uint64_t i = 0; i < 500; ++i) {
      const CropBox box = draw(image, i);
      EXPECT_GE(box.top, 0);
      EXPECT_GE(box.left, 0);
      EXPECT_GE(box.height, 1);
      EXPECT_GE(box.width, 1);
      EXPECT_LE(box.top + box.height, static_cast<double>(image.height));
      EXPECT_LE(box.left + box.width, static_cast<double>(image.width));
      EXPECT_EQ(box.top, std::floor(box.top));
      EXPECT_EQ(box.width, std::floor(box.width));
    }
  }
}

TEST(RandomResizedCrop, IsAFunctionOfTheStream) {
  EXPECT_EQ(draw({375, 500}, 7), draw({375, 500}, 7));
  EXPECT_NE(draw({375, 500}, 7), draw({375, 500}, 8));
}

// On a large square no draw below 0.08 / (4/3) of the side is rejected for size, except the ratio
// at large areas; where the area share is under 3/4 nothing is, so there it is uniform.
TEST(RandomResizedCrop, DrawsAreaAndRatioUniformly) {
  constexpr int kBins = 5;
  std::vector<int> area_bins(kBins);
  double log_ratio_sum = 0;
  int counted = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const CropBox box = draw({4000, 4000}, i);
    const double share = box.height * box.width / 16e6;
    const double ratio = box.width / box.height;
    EXPECT_GT(ratio, 0.749);
    EXPECT_LT(ratio, 1.335);
    if (share >= 0.75) continue;
    ++counted;
    log_ratio_sum += std::log(ratio);
    ++area_bins[static_cast<size_t>((share - 0.0799) / (0.75 - 0.0799) * kBins)];
  }
  for (int bin : area_bins)
    EXPECT_NEAR(bin, counted / kBins, 5 * std::sqrt(counted / kBins));
  EXPECT_NEAR(log_ratio_sum / counted, 0.0, 5 * 0.166 / std::sqrt(counted));
}

TEST(RandomResizedCrop, PlacesTheBoxUniformly) {
  double sum = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const CropBox box = draw({400, 400}, i);
    sum += box.width == 400 ? 0.5 : box.left / (400 - box.width);
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * 0.3 / std::sqrt(kDraws));
}

// No box of ratio 3/4 to 4/3 and 8 % of the area fits into a strip: the centre is taken.
TEST(RandomResizedCrop, FallsBackToTheCentre) {
  EXPECT_EQ(draw({10, 1000}, 0), (CropBox{0, 493, 10, 13}));
  EXPECT_EQ(draw({1000, 10}, 0), (CropBox{493, 0, 13, 10}));
}

// 500x375 (w x h), Resize(256) gives 341x256, CenterCrop(224) starts at (58.5 -> 58, 16).
TEST(ResizeCenterCrop, IsTorchvisionsBoxInSourcePixels) {
  const CropBox box = resize_center_crop({375, 500}, 256, 224);
  EXPECT_DOUBLE_EQ(box.top, 16 * 375.0 / 256);
  EXPECT_DOUBLE_EQ(box.height, 224 * 375.0 / 256);
  EXPECT_DOUBLE_EQ(box.left, 58 * 500.0 / 341);
  EXPECT_DOUBLE_EQ(box.width, 224 * 500.0 / 341);
}

TEST(ResizeCenterCrop, TakesTheWholeOfASquareOfTheSameSize) {
  EXPECT_EQ(resize_center_crop({64, 64}, 64, 64), (CropBox{0, 0, 64, 64}));
}

TEST(ResizeCenterCrop, RefusesToPad) {
  EXPECT_THROW(resize_center_crop({64, 64}, 64, 65), Error);
  EXPECT_THROW(resize_center_crop({64, 64}, 64, 0), Error);
}

}  // namespace
}  // namespace stoker
