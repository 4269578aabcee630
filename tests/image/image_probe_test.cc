#include "libdata/image/image_probe.h"

#include <gtest/gtest.h>

#include "libdata/core/error.h"
#include "tests/image/golden_images.h"
#include "tests/prefix.h"

namespace stoker {
namespace {

TEST(ProbeImage, TellsSubsampling) {
  EXPECT_EQ(probe_image(golden("color_444.jpg")).subsampling, Subsampling::k444);
  EXPECT_EQ(probe_image(golden("color_422.jpg")).subsampling, Subsampling::k422);
  EXPECT_EQ(probe_image(golden("color_420.jpg")).subsampling, Subsampling::k420);
  EXPECT_EQ(probe_image(golden("color_440.jpg")).subsampling, Subsampling::k440);
  EXPECT_EQ(probe_image(golden("color_411.jpg")).subsampling, Subsampling::k411);
  EXPECT_EQ(probe_image(golden("gray.jpg")).subsampling, Subsampling::kNone);
}

TEST(ProbeImage, TellsColour) {
  EXPECT_EQ(probe_image(golden("color_420.jpg")).color, JpegColor::kYCbCr);
  EXPECT_EQ(probe_image(golden("color_rgb.jpg")).color, JpegColor::kRgb);
  EXPECT_EQ(probe_image(golden("gray.jpg")).color, JpegColor::kGray);
  EXPECT_EQ(probe_image(golden("cmyk.jpg")).color, JpegColor::kCmyk);
  EXPECT_EQ(probe_image(golden("ycck.jpg")).color, JpegColor::kYcck);
}

TEST(ProbeImage, TellsTheCodingProcess) {
  EXPECT_TRUE(probe_image(golden("color_420.jpg")).baseline);
  const ImageInfo progressive = probe_image(golden("progressive.jpg"));
  EXPECT_TRUE(progressive.progressive);
  EXPECT_FALSE(progressive.baseline);
  const ImageInfo arithmetic = probe_image(golden("color_arithmetic.jpg"));
  EXPECT_TRUE(arithmetic.arithmetic);
  EXPECT_FALSE(arithmetic.baseline);
}

TEST(ProbeImage, ReadsExifOrientationAndForgivesABrokenOne) {
  EXPECT_EQ(probe_image(golden("exif_rotated.jpg")).exif_orientation, 6);
  EXPECT_EQ(probe_image(golden("broken_exif.jpg")).exif_orientation, 1);
  EXPECT_EQ(probe_image(golden("color_420.jpg")).exif_orientation, 1);
}

TEST(ProbeImage, GoesByMagicBytes) {
  EXPECT_EQ(probe_image(golden("rgba.png")).kind, ImageKind::kPng);
  EXPECT_EQ(probe_image(golden("rgb.bmp")).kind, ImageKind::kBmp);
  EXPECT_EQ(probe_image(golden("lossless.webp")).kind, ImageKind::kWebp);
  EXPECT_EQ(probe_image(golden("rgb.tif")).kind, ImageKind::kTiff);
  EXPECT_EQ(probe_image(golden("frames.gif")).kind, ImageKind::kGif);
  EXPECT_EQ(probe_image({}).kind, ImageKind::kUnknown);
  EXPECT_EQ(probe_image(as_bytes("plain text")).kind, ImageKind::kUnknown);
}

TEST(ProbeImage, EveryPrefixIsAnErrorOrTheSameAnswer) {
  for (const GoldenImage& image : golden_images()) {
    const Bytes whole = golden(image.name);
    for (size_t size = 0; size < whole.size(); ++size) {
      try {
        const ImageInfo info = probe_image(prefix_of(whole, size));
        if (info.kind != ImageKind::kUnknown) {
          EXPECT_EQ(info.width, image.width) << image.name << " cut to " << size;
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      }
    }
  }
}

TEST(ProbeImage, RefusesAJpegWithoutFrame) {
  const Bytes bytes{0xFF, 0xD8, 0xFF, 0xDA, 0x00, 0x02};
  EXPECT_THROW(probe_image(bytes), Error);
  const Bytes ends{0xFF, 0xD8, 0xFF, 0xD9};
  EXPECT_THROW(probe_image(ends), Error);
  const Bytes short_segment{0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x01};
  EXPECT_THROW(probe_image(short_segment), Error);
}

}  // namespace
}  // namespace stoker
