// Every variety of PNG, TIFF, WebP, BMP and PNM: Pillow's pixels, or a refusal; never a crash.
#include <gtest/gtest.h>

#include "libdata/core/error.h"
#include "libdata/image/image_codec.h"
#include "libdata/image/orientation.h"
#include "tests/image/golden_image_kinds.h"
#include "tests/prefix.h"

namespace stoker {
namespace {

// Is it read, and if not, is it said why?
bool reads(ByteSpan bytes, Image& image) {
  try {
    image = decode_image(bytes);
    return true;
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported)
        << error.what();
    return false;
  }
}

class ImageKinds : public testing::TestWithParam<GoldenKind> {
 protected:
  Bytes bytes() const { return read_file(kinds_path(GetParam().name)); }
};

TEST_P(ImageKinds, HasPillowsPixelsExactly) {
  const Image image = decode_image(bytes(), Channels::kRgb);
  EXPECT_EQ(image.height, GetParam().height);
  EXPECT_EQ(image.width, GetParam().width);
  EXPECT_EQ(image.pixels, expected_rgb(GetParam()));
}

TEST_P(ImageKinds, ProbeTellsWhatDecodingGives) {
  const ImageInfo info = probe_image(bytes());
  const Image image = decode_image(bytes());
  EXPECT_EQ(image.channels, GetParam().channels);
  EXPECT_EQ(info.channels, image.channels);
  EXPECT_EQ(info.height, image.height);
  EXPECT_EQ(info.width, image.width);
  EXPECT_EQ(info.exif_orientation, GetParam().orientation);
}

// What follows the pixels in a BMP, a TIFF whose directory comes first or a binary PNM may be cut;
// a plain PNM's last number may lose digits.
TEST_P(ImageKinds, EveryPrefixIsRefusedOrHasTheSamePixels) {
  const Bytes whole = bytes();
  const Image expected = decode_image(whole);
  const bool plain_text = GetParam().name.starts_with("plain");
  for (size_t size = 0; size < whole.size(); ++size) {
    Image image;
    if (!reads(prefix_of(whole, size), image)) continue;
    EXPECT_GE(size, whole.size() * 3 / 4);
    if (!plain_text) {
      EXPECT_EQ(image.pixels, expected.pixels) << "cut to " << size;
    }
  }
}

TEST_P(ImageKinds, FlippedBytesAreAnErrorOrAnImage) {
  const Bytes whole = bytes();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      Bytes damaged = whole;
      damaged[at] = static_cast<uint8_t>(damaged[at] ^ flip);
      Image image;
      ImageInfo info;
      try {
        info = probe_image(damaged);
      } catch (const Error&) {
        continue;
      }
      if (info.width > 4096 || info.height > 4096) continue;  // only costs time
      if (reads(damaged, image)) {
        EXPECT_EQ(image.pixels.size(),
                  static_cast<size_t>(image.height * image.width * image.channels));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, ImageKinds, testing::ValuesIn(golden_kinds()), [](const auto& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(TurnUpright, EqualsPillowsTransposeForAllEight) {
  const Bytes upright = read_file(kinds_path("upright_1_to_8.rgb"));
  const Bytes stored = read_file(kinds_path("planes.tif.rgb"));
  ASSERT_EQ(upright.size(), 8 * stored.size());
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image image = turn_upright({13, 17, 3, stored}, orientation);
    EXPECT_EQ(image.height, orientation < 5 ? 13 : 17);
    EXPECT_EQ(image.width, orientation < 5 ? 17 : 13);
    const auto from = upright.begin() + static_cast<std::ptrdiff_t>(
                                            stored.size() * static_cast<size_t>(orientation - 1));
    EXPECT_EQ(image.pixels, Bytes(from, from + static_cast<std::ptrdiff_t>(stored.size())))
        << orientation;
  }
  EXPECT_THROW(turn_upright({13, 17, 3, stored}, 9), Error);
}

ErrorCode refusal(ByteSpan bytes) {
  try {
    decode_image(bytes);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(RefusedImageKinds, FloatAndLabTiffsAreUnsupported) {
  Bytes gray = read_file(kinds_path("gray_deflate.tif"));
  const auto photometric = [](Bytes& tiff, uint8_t value) {
    for (size_t i = 0; i + 12 < tiff.size(); ++i) {
      if (tiff[i] == 0x06 && tiff[i + 1] == 0x01 && tiff[i + 2] == 3 && tiff[i + 4] == 1)
        tiff[i + 8] = value;
    }
  };
  Bytes rgb = read_file(kinds_path("tiles_deflate.tif"));
  photometric(rgb, 8);
  EXPECT_EQ(refusal(rgb), ErrorCode::kUnsupported);
  photometric(gray, 2);  // RGB of one sample
  EXPECT_EQ(refusal(gray), ErrorCode::kCorrupt);
}

TEST(RefusedImageKinds, PaletteIndexBehindThePaletteIsDamage) {
  Bytes bmp = read_file(kinds_path("rle8.bmp"));
  bmp[14 + 32] = 2;  // biClrUsed
  EXPECT_EQ(refusal(bmp), ErrorCode::kCorrupt);
}

TEST(RefusedImageKinds, PromisesBeyondTheBytesAreRefused) {
  EXPECT_EQ(refusal(as_bytes("P6 16000 16000 255\nabc")), ErrorCode::kCorrupt);
  EXPECT_EQ(refusal(as_bytes("P6 60000 60000 255\nabc")), ErrorCode::kUnsupported);
  EXPECT_EQ(refusal(as_bytes("P6 0 4 255\nabc")), ErrorCode::kCorrupt);
  EXPECT_EQ(refusal(as_bytes("P5 4 4 70000\nabc")), ErrorCode::kCorrupt);
  EXPECT_EQ(refusal(as_bytes("P2 2 1 9\n3 12\n")), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace stoker
