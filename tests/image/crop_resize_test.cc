#include "libdata/image/crop_resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/random.h"
#include "tests/image/golden_images.h"

namespace stoker {
namespace {

// What photographs look like to a filter: slopes, edges and noise.
Image photo_like(int64_t height, int64_t width, int64_t channels) {
  RandomStream stream(11, 0, static_cast<uint64_t>(height * width));
  Image image{height, width, channels, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c) {
        const double slope = 128 + 80 * std::sin(static_cast<double>(x * (c + 1)) / 29.0) *
                                       std::cos(static_cast<double>(y) / 37.0);
        const double edge = ((x / 40 + y / 50) & 1) ? 35.0 : -35.0;
        const double noise = stream.next_uniform(-12, 12);
        image.pixels.push_back(static_cast<uint8_t>(std::clamp(slope + edge + noise, 0.0, 255.0)));
      }
  return image;
}

// The weight of source pixel `tap` in output `i`, from the definition, in double precision.
double reference_weight(double start, double length, int64_t target, int64_t i, int64_t tap) {
  const double scale = length / static_cast<double>(target);
  if (scale >= 1) {
    const double low = start + static_cast<double>(i) * scale;
    const double overlap = std::min(low + scale, static_cast<double>(tap + 1)) -
                           std::max(low, static_cast<double>(tap));
    return std::max(0.0, overlap) / scale;
  }
  const double first = std::floor(start);
  const double last = std::ceil(start + length) - 1;
  const double center = start + (static_cast<double>(i) + 0.5) * scale - 0.5;
  return std::max(0.0, 1 - std::abs(std::clamp(center, first, last) - static_cast<double>(tap)));
}

std::vector<double> reference_resize(const Image& image, const CropBox& box, bool flip,
                                     ImageSize target) {
  std::vector<double> columns(static_cast<size_t>(target.height * image.width * image.channels));
  const int64_t stride = image.width * image.channels;
  for (int64_t y = 0; y < target.height; ++y)
    for (int64_t tap = 0; tap < image.height; ++tap) {
      const double weight = reference_weight(box.top, box.height, target.height, y, tap);
      for (int64_t x = 0; weight > 0 && x < stride; ++x)
        columns[static_cast<size_t>(y * stride + x)] +=
            weight * image.pixels[static_cast<size_t>(tap * stride + x)];
    }
  std::vector<double> out(static_cast<size_t>(target.height * target.width * image.channels));
  for (int64_t x = 0; x < target.width; ++x)
    for (int64_t tap = 0; tap < image.width; ++tap) {
      const double weight = reference_weight(box.left, box.width, target.width, x, tap);
      if (weight <= 0) continue;
      const int64_t to = flip ? target.width - 1 - x : x;
      for (int64_t y = 0; y < target.height; ++y)
        for (int64_t c = 0; c < image.channels; ++c)
          out[static_cast<size_t>((y * target.width + to) * image.channels + c)] +=
              weight * columns[static_cast<size_t>(y * stride + tap * image.channels + c)];
    }
  return out;
}

struct Difference {
  double mean = 0;
  double largest = 0;
  double psnr = 0;
};

template <typename A, typename B>
Difference difference(const A& a, const B& b) {
  Difference result;
  double squares = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    result.mean += d;
    squares += d * d;
    result.largest = std::max(result.largest, d);
  }
  result.mean /= static_cast<double>(a.size());
  result.psnr = 10 * std::log10(255 * 255 / (squares / static_cast<double>(a.size())));
  return result;
}

class CropResize : public testing::TestWithParam<const ResizeKernels*> {
 protected:
  Bytes resize(const Image& image, const CropBox& box, bool flip, ImageSize target) {
    CropResizer resizer(*GetParam());
    Bytes out(static_cast<size_t>(target.height * target.width * image.channels));
    crop_and_resize(image, box, flip, target, resizer, out.data());
    return out;
  }
};

TEST_P(CropResize, IsWithinRoundingOfTheDoubleReference) {
  double worst_psnr = 1000;
  for (const int64_t channels : {1, 3}) {
    const Image image = photo_like(375, 500, channels);
    const CropBox boxes[] = {{0, 0, 375, 500},        {10, 20, 224, 224}, {3, 7, 100, 80},
                             {5, 9, 317, 329},        {1, 2, 373, 230},   {100, 200, 31, 300},
                             {0.5, 3.25, 300, 300.5}, {7, 450, 60, 50},   {12, 3, 1, 400}};
    for (const CropBox& box : boxes)
      for (const ImageSize target : {ImageSize{224, 224}, ImageSize{64, 96}, ImageSize{7, 5}})
        for (const bool flip : {false, true}) {
          const Difference d = difference(resize(image, box, flip, target),
                                          reference_resize(image, box, flip, target));
          EXPECT_LT(d.largest, 0.75) << box.top << " " << box.left << " " << box.height << " "
                                     << box.width << " to " << target.width;
          if (target.width > 50) worst_psnr = std::min(worst_psnr, d.psnr);
        }
  }
  // Rounding to 8 bits alone gives 58.9 dB.
  std::printf("%s: PSNR against the float64 reference at least %.2f dB\n", GetParam()->name,
              worst_psnr);
  EXPECT_GT(worst_psnr, 57.0);
}

TEST_P(CropResize, AgreesWithOpenCvInterArea) {
  const Image image = photo_like(480, 640, 3);
  const cv::Mat whole(480, 640, CV_8UC3, const_cast<uint8_t*>(image.pixels.data()));
  for (const cv::Rect& rect :
       {cv::Rect(0, 0, 448, 448), cv::Rect(32, 16, 224, 448), cv::Rect(5, 3, 400, 333),
        cv::Rect(100, 0, 500, 480), cv::Rect(17, 20, 300, 260)}) {
    cv::Mat expected;
    cv::resize(whole(rect), expected, {224, 224}, 0, 0, cv::INTER_AREA);
    const Bytes out =
        resize(image, {double(rect.y), double(rect.x), double(rect.height), double(rect.width)},
               false, {224, 224});
    const Difference d =
        difference(out, std::vector<uint8_t>(expected.datastart, expected.dataend));
    EXPECT_LT(d.mean, 0.3) << rect;  // exact halves are rounded otherwise
    EXPECT_LE(d.largest, 1.0) << rect;
  }
}

TEST_P(CropResize, CopiesWhereNothingScales) {
  const Image image = textured_image(50, 60, 3);
  const Bytes out = resize(image, {0, 0, 50, 60}, false, {50, 60});
  EXPECT_EQ(out, image.pixels);
}

TEST_P(CropResize, FlipIsTheMirrorImage) {
  const Image image = photo_like(100, 133, 3);
  const Bytes plain = resize(image, {3, 4, 90, 120}, false, {64, 64});
  const Bytes flipped = resize(image, {3, 4, 90, 120}, true, {64, 64});
  for (size_t y = 0; y < 64; ++y)
    for (size_t x = 0; x < 64; ++x)
      for (size_t c = 0; c < 3; ++c)
        EXPECT_EQ(flipped[(y * 64 + x) * 3 + c], plain[(y * 64 + 63 - x) * 3 + c]);
}

TEST_P(CropResize, KeepsAFlatImageFlat) {
  for (const int value : {0, 1, 77, 254, 255})
    for (const ImageSize size : {ImageSize{1, 1}, ImageSize{97, 201}, ImageSize{700, 40}})
      for (const ImageSize target : {ImageSize{1, 1}, ImageSize{7, 3}, ImageSize{64, 200}}) {
        const Image image{
            size.height, size.width, 3,
            Bytes(static_cast<size_t>(size.height * size.width * 3), static_cast<uint8_t>(value))};
        const Bytes out =
            resize(image, {0, 0, double(size.height), double(size.width)}, true, target);
        EXPECT_EQ(out, Bytes(out.size(), static_cast<uint8_t>(value)));
      }
}

TEST_P(CropResize, ShrinksAVeryLargeImage) {
  const Image image = photo_like(3000, 50, 1);
  const CropBox box{0, 0, 3000, 50};
  const Difference d =
      difference(resize(image, box, false, {1, 1}), reference_resize(image, box, false, {1, 1}));
  EXPECT_LT(d.largest, 0.75);
}

// Every width and phase of the tail handling of a vector kernel.
TEST_P(CropResize, ReadsAndWritesNothingOutside) {
  for (const int64_t channels : {1, 3})
    for (int64_t width = 1; width < 70; ++width) {
      Image image = textured_image(5, width, channels);
      image.pixels.shrink_to_fit();  // so that AddressSanitizer sees a step too far
      CropResizer resizer(*GetParam());
      for (const int64_t target_width : {int64_t{1}, width, width + 3, (width + 1) / 2}) {
        const CropBox box{0, 0, 5, double(width)};
        Bytes out(static_cast<size_t>(4 * target_width * channels) + 64, 0xA5);
        crop_and_resize(image, box, false, {4, target_width}, resizer, out.data());
        EXPECT_EQ(std::count(out.end() - 64, out.end(), 0xA5), 64);
        out.resize(out.size() - 64);
        EXPECT_LT(difference(out, reference_resize(image, box, false, {4, target_width})).largest,
                  0.75);
      }
    }
}

TEST_P(CropResize, StreamingThroughARingGivesTheSamePixels) {
  const Image image = photo_like(300, 200, 3);
  const CropBox box{20, 10, 250, 180};
  const ImageSize target{96, 96};
  const Bytes expected = resize(image, box, false, target);
  CropResizer resizer(*GetParam());
  resizer.plan({300, 200}, box, target, 3, false);
  const PixelRegion region = resizer.region();
  const int64_t ring_rows = resizer.max_taps() + 4;
  const size_t row_bytes = static_cast<size_t>(region.width * 3);
  Bytes ring(static_cast<size_t>(ring_rows) * row_bytes);
  Bytes out(expected.size());
  int64_t made = 0;
  for (int64_t y = region.top; y < region.top + region.height; ++y) {
    std::copy_n(&image.pixels[static_cast<size_t>((y * 200 + region.left) * 3)], row_bytes,
                &ring[static_cast<size_t>(y % ring_rows) * row_bytes]);
    const int64_t ready = resizer.rows_ready(y + 1);
    resizer.make_rows({ring.data(), row_bytes, ring_rows}, made, ready, out.data());
    made = std::max(made, ready);
  }
  EXPECT_EQ(made, 96);
  EXPECT_EQ(out, expected);
}

TEST_P(CropResize, HasThePixelsOfThePortableKernels) {
  for (const int64_t channels : {1, 3}) {
    const Image image = photo_like(400, 500, channels);
    CropResizer portable(portable_resize_kernels());
    for (uint64_t i = 0; i < 200; ++i) {
      RandomStream stream(5, 6, i);
      const ImageSize target{1 + static_cast<int64_t>(stream.next_below(230)),
                             1 + static_cast<int64_t>(stream.next_below(i < 150 ? 230 : 900))};
      const CropBox box = random_resized_crop({400, 500}, {}, stream);
      const bool flip = stream.next_bool();
      Bytes expected(static_cast<size_t>(target.height * target.width * channels));
      crop_and_resize(image, box, flip, target, portable, expected.data());
      ASSERT_EQ(resize(image, box, flip, target), expected) << channels << " channels, " << i;
    }
  }
}

TEST_P(CropResize, RefusesABoxOutside) {
  CropResizer resizer(*GetParam());
  EXPECT_THROW(resizer.plan({10, 10}, {10, 0, 5, 5}, {4, 4}, 3, false), Error);
  EXPECT_THROW(resizer.plan({10, 10}, {0, 0, 0, 5}, {4, 4}, 3, false), Error);
  EXPECT_THROW(resizer.plan({10, 10}, {0, 0, 5, 5}, {0, 4}, 3, false), Error);
  EXPECT_THROW(resizer.plan({10, 10}, {0, 0, 5, 5}, {4, 4}, 2, false), Error);
}

std::vector<const ResizeKernels*> kernels_of_this_machine() {
  std::vector<const ResizeKernels*> all{&portable_resize_kernels()};
  for (const ResizeKernels* kernels : {avx2_resize_kernels(), avx512_resize_kernels()})
    if (kernels != nullptr) all.push_back(kernels);
  return all;
}

INSTANTIATE_TEST_SUITE_P(, CropResize, testing::ValuesIn(kernels_of_this_machine()),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace stoker
