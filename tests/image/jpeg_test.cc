#include "libdata/image/jpeg.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libdata/core/error.h"
#include "libdata/image/jpeg_decoder.h"
#include "tests/image/golden_images.h"
#include "tests/prefix.h"

namespace stoker {
namespace {

ErrorCode decode_error(ByteSpan bytes) {
  try {
    decode_jpeg(bytes);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

class GoldenJpeg : public testing::TestWithParam<GoldenImage> {};

TEST_P(GoldenJpeg, HasPillowsPixelsExactly) {
  const GoldenImage& expected = GetParam();
  const Image image = decode_jpeg(golden(expected.name), Channels::kRgb);
  EXPECT_EQ(image.height, expected.height);
  EXPECT_EQ(image.width, expected.width);
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.pixels, golden(expected.name + ".rgb"));
}

TEST_P(GoldenJpeg, EveryPrefixIsRefused) {
  const Bytes whole = golden(GetParam().name);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(decode_error(prefix_of(whole, size)), ErrorCode::kCorrupt) << size;
}

// Most flips in the coded data give other pixels, which only a hash can find; none may crash.
TEST_P(GoldenJpeg, EveryFlippedByteIsAnErrorOrAnImage) {
  const Bytes whole = golden(GetParam().name);
  JpegDecoder decoder;
  Image image;
  for (size_t i = 0; i < whole.size(); ++i) {
    Bytes damaged = whole;
    damaged[i] ^= 0xFF;
    try {
      decoder.decode(damaged, Channels::kRgb, image);
      EXPECT_EQ(image.pixels.size(), static_cast<size_t>(image.height * image.width * 3));
    } catch (const Error&) {
    }
  }
  decoder.decode(whole, Channels::kRgb, image);
  EXPECT_EQ(image.pixels, golden(GetParam().name + ".rgb")) << "damage must not linger";
}

std::vector<GoldenImage> golden_jpegs() {
  std::vector<GoldenImage> images;
  for (const GoldenImage& image : golden_images())
    if (is_golden_jpeg(image)) images.push_back(image);
  return images;
}

INSTANTIATE_TEST_SUITE_P(, GoldenJpeg, testing::ValuesIn(golden_jpegs()), [](const auto& info) {
  return info.param.name.substr(0, info.param.name.find('.'));
});

TEST(DecodeJpeg, ColourAsGrayIsPillowsL) {
  EXPECT_EQ(decode_jpeg(golden("color_420.jpg"), Channels::kGray).pixels,
            golden("color_420.jpg.gray"));
  EXPECT_EQ(decode_jpeg(golden("cmyk.jpg"), Channels::kGray).pixels, golden("cmyk.jpg.gray"));
}

TEST(DecodeJpeg, GrayStaysOneChannelUnlessAskedOtherwise) {
  const Image image = decode_jpeg(golden("gray.jpg"));
  EXPECT_EQ(image.channels, 1);
  EXPECT_EQ(image.pixels, golden("gray.jpg.gray"));
}

TEST(DecodeJpeg, ReusesTheBuffer) {
  Image image;
  decode_jpeg(golden("color_420.jpg"), Channels::kRgb, image);
  const uint8_t* memory = image.pixels.data();
  decode_jpeg(golden("gray.jpg"), Channels::kRgb, image);
  EXPECT_EQ(image.pixels.data(), memory);
  EXPECT_EQ(image.pixels, golden("gray.jpg.rgb"));
}

// A header of 65500x65500 in a small file: refused before memory for 4 G pixels is taken.
TEST(DecodeJpeg, RefusesADimensionBomb) {
  Bytes bomb = golden("gray.jpg");
  const Bytes marker{0xFF, 0xC0};
  const auto frame = std::search(bomb.begin(), bomb.end(), marker.begin(), marker.end());
  for (int i : {5, 7}) {
    frame[i] = 0x3F;
    frame[i + 1] = 0xFF;
  }
  EXPECT_EQ(decode_error(bomb), ErrorCode::kCorrupt);
  for (int i : {5, 7}) {
    frame[i] = 0xFF;
    frame[i + 1] = 0xDC;
  }
  EXPECT_EQ(decode_error(bomb), ErrorCode::kUnsupported);
}

// The densest honest file: one colour, nothing but the shortest codes.
TEST(DecodeJpeg, TakesALargeFlatImageForWhole) {
  Image flat{3000, 4000, 1, Bytes(12'000'000, 128)};
  const Bytes bytes = encode_jpeg(flat, {.quality = 1, .optimize_huffman = true});
  EXPECT_EQ(decode_jpeg(bytes).pixels, flat.pixels);
}

TEST(DecodeJpeg, RefusesLosslessAndTwelveBits) {
  Bytes bytes = golden("gray.jpg");
  const Bytes marker{0xFF, 0xC0};
  const auto frame = std::search(bytes.begin(), bytes.end(), marker.begin(), marker.end());
  frame[1] = 0xC3;
  EXPECT_EQ(decode_error(bytes), ErrorCode::kUnsupported);
  frame[1] = 0xC1;
  frame[4] = 12;
  EXPECT_EQ(decode_error(bytes), ErrorCode::kUnsupported);
}

double root_mean_square_difference(const Image& a, const Image& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    sum += std::pow(static_cast<double>(a.pixels[i]) - b.pixels[i], 2);
  return std::sqrt(sum / static_cast<double>(a.pixels.size()));
}

TEST(EncodeJpeg, GivesBaselineOfTheAskedSubsampling) {
  Image image{64, 80, 3, {}};  // gentle slopes, so that coarse chroma costs little
  for (int i = 0; i < 64 * 80 * 3; ++i)
    image.pixels.push_back(static_cast<uint8_t>(i / 240 + (i % 3) * 40 + i / 3 % 80));
  for (Subsampling subsampling : {Subsampling::k444, Subsampling::k422, Subsampling::k420}) {
    const Bytes bytes = encode_jpeg(image, {.quality = 95, .subsampling = subsampling});
    const ImageInfo info = probe_image(bytes);
    EXPECT_TRUE(info.baseline);
    EXPECT_EQ(info.subsampling, subsampling);
    EXPECT_EQ(info.color, JpegColor::kYCbCr);
    EXPECT_LT(root_mean_square_difference(decode_jpeg(bytes), image), 2.0);
  }
}

TEST(EncodeJpeg, KeepsGrayGray) {
  const Image image = decode_jpeg(golden("gray.jpg"));
  const Bytes bytes = encode_jpeg(image, {.quality = 100});
  EXPECT_EQ(probe_image(bytes).components, 1);
  EXPECT_LT(root_mean_square_difference(decode_jpeg(bytes), image), 1.0);
}

TEST(EncodeJpeg, RefusesWhatItCannotHold) {
  EXPECT_THROW(encode_jpeg(Image{1, 1, 2, Bytes(2)}), Error);
  EXPECT_THROW(encode_jpeg(Image{2, 2, 3, Bytes(11)}), Error);
  EXPECT_THROW(encode_jpeg(Image{0, 5, 3, {}}), Error);
  EXPECT_THROW(encode_jpeg(Image{1, 65501, 1, Bytes(65501)}), Error);
  EXPECT_THROW(encode_jpeg(Image{1, 1, 3, Bytes(3)}, {.quality = 101}), Error);
}

}  // namespace
}  // namespace stoker
