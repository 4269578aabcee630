#include "libdata/image/image_codec.h"

#include <gtest/gtest.h>

#include "libdata/core/error.h"
#include "tests/image/golden_images.h"
#include "tests/prefix.h"

namespace stoker {
namespace {

ErrorCode decode_error(ByteSpan bytes) {
  try {
    decode_image(bytes);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

class GoldenAnyImage : public testing::TestWithParam<GoldenImage> {};

TEST_P(GoldenAnyImage, HasPillowsPixelsExactly) {
  const GoldenImage& expected = GetParam();
  const Image image = decode_image(golden(expected.name), Channels::kRgb);
  EXPECT_EQ(image.height, expected.height);
  EXPECT_EQ(image.width, expected.width);
  EXPECT_EQ(image.pixels, golden(expected.name + ".rgb"));
}

TEST_P(GoldenAnyImage, ProbeKnowsItsSize) {
  const ImageInfo info = probe_image(golden(GetParam().name));
  EXPECT_NE(info.kind, ImageKind::kUnknown);
  EXPECT_EQ(info.height, GetParam().height);
  EXPECT_EQ(info.width, GetParam().width);
}

TEST_P(GoldenAnyImage, HalfOfItIsRefused) {
  const Bytes whole = golden(GetParam().name);
  const ErrorCode code = decode_error(prefix_of(whole, whole.size() / 2));
  EXPECT_EQ(code, ErrorCode::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(, GoldenAnyImage, testing::ValuesIn(golden_images()),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(DecodeImage, GrayPngStaysOneChannel) {
  const Image image = decode_image(golden("gray.png"));
  EXPECT_EQ(image.channels, 1);
  EXPECT_EQ(image.pixels, golden("gray.png.gray"));
}

TEST(DecodeImage, KeepsTheUpperByteOfSixteenBits) {
  const Image image = decode_image(golden("gray16.png"));
  ASSERT_EQ(image.height, 19);
  ASSERT_EQ(image.width, 23);
  for (int64_t y = 0; y < 19; ++y)
    for (int64_t x = 0; x < 23; ++x)
      EXPECT_EQ(image.pixels[static_cast<size_t>(y * 23 + x)], 3 * y + 2 * x);
}

TEST(DecodeImage, RefusesWhatIsNoImage) {
  EXPECT_EQ(decode_error({}), ErrorCode::kCorrupt);
  EXPECT_EQ(decode_error(as_bytes("not an image at all, just text")), ErrorCode::kCorrupt);
  EXPECT_EQ(decode_error(golden("frames.gif")), ErrorCode::kUnsupported);
}

// 65536x65536 pixels promised by a PNG of a few hundred bytes.
TEST(DecodeImage, RefusesAPngBomb) {
  Bytes bomb = golden("gray.png");
  for (size_t i : {16u, 20u})
    bomb[i + 1] = 1;
  EXPECT_EQ(decode_error(bomb), ErrorCode::kUnsupported);
  for (size_t i : {16u, 20u}) {
    bomb[i + 1] = 0;
    bomb[i + 2] = 0x3F;
  }
  EXPECT_EQ(decode_error(bomb), ErrorCode::kCorrupt);
}

TEST(EncodePng, IsReadBackUnchanged) {
  for (int64_t channels : {1, 3}) {
    const Image image = textured_image(13, 17, channels);
    EXPECT_EQ(decode_image(encode_png(image)).pixels, image.pixels);
  }
  EXPECT_THROW(encode_png(Image{1, 1, 2, Bytes(2)}), Error);
}

}  // namespace
}  // namespace stoker
