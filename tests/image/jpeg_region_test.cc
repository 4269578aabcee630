// A region decoded alone has exactly the pixels of a full decode.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/random.h"
#include "libdata/image/jpeg_decoder.h"
#include "tests/image/golden_images.h"

namespace stoker {
namespace {

// Rows of the region, cut to its columns, read a few at a time.
Image decode_region(JpegDecoder& decoder, ByteSpan bytes, int denominator,
                    const PixelRegion& region, int64_t rows_at_once) {
  const JpegDecoder::Header header = decoder.open(bytes);
  decoder.start(denominator, region);
  Image out{region.height, region.width, header.channels, {}};
  std::vector<Bytes> rows(static_cast<size_t>(rows_at_once), Bytes(decoder.row_bytes()));
  for (int64_t y = 0; y < region.height; y += rows_at_once) {
    std::vector<uint8_t*> pointers;
    for (int64_t i = 0; i < std::min(rows_at_once, region.height - y); ++i)
      pointers.push_back(rows[static_cast<size_t>(i)].data());
    decoder.read_rows(pointers);
    for (const uint8_t* row : pointers)
      out.pixels.insert(
          out.pixels.end(), row + decoder.first_pixel_bytes(),
          row + decoder.first_pixel_bytes() + static_cast<size_t>(region.width * header.channels));
  }
  return out;
}

Bytes cut(const Image& image, const PixelRegion& region) {
  Bytes pixels;
  for (int64_t y = region.top; y < region.top + region.height; ++y) {
    const uint8_t* row = image.pixels.data() + (y * image.width + region.left) * image.channels;
    pixels.insert(pixels.end(), row, row + region.width * image.channels);
  }
  return pixels;
}

void expect_regions_equal_full_decode(ByteSpan bytes, int regions, const std::string& what) {
  JpegDecoder decoder;
  for (const int denominator : {1, 2, 4, 8}) {
    decoder.open(bytes);
    const ImageSize size = decoder.scaled_size(denominator);
    const PixelRegion all{0, 0, size.height, size.width};
    const Image full = decode_region(decoder, bytes, denominator, all, 1);
    if (denominator == 1) {
      EXPECT_EQ(full.pixels, decode_jpeg(bytes).pixels);
    }
    for (int i = 0; i < regions; ++i) {
      RandomStream stream(1, static_cast<uint64_t>(denominator), static_cast<uint64_t>(i));
      const auto draw = [&](int64_t bound) {
        return static_cast<int64_t>(stream.next_below(static_cast<uint64_t>(bound)));
      };
      PixelRegion region;
      region.height = 1 + draw(size.height);
      region.width = 1 + draw(size.width);
      region.top = draw(size.height - region.height + 1);
      region.left = draw(size.width - region.width + 1);
      const Image part = decode_region(decoder, bytes, denominator, region, 1 + draw(20));
      ASSERT_EQ(part.pixels, cut(full, region))
          << what << " at 1/" << denominator << ": rows " << region.top << " + " << region.height
          << ", columns " << region.left << " + " << region.width;
    }
  }
}

class JpegRegion : public testing::TestWithParam<Subsampling> {};

TEST_P(JpegRegion, EqualsFullDecode) {
  const ImageSize sizes[] = {{1, 1},   {1, 40},  {40, 1},  {7, 9},   {8, 8},    {16, 16},
                             {17, 33}, {37, 53}, {64, 48}, {65, 31}, {100, 131}};
  for (const ImageSize size : sizes) {
    const Bytes bytes = encode_jpeg(textured_image(size.height, size.width, 3),
                                    {.quality = 90, .subsampling = GetParam()});
    expect_regions_equal_full_decode(
        bytes, 150, std::to_string(size.width) + "x" + std::to_string(size.height));
  }
}

INSTANTIATE_TEST_SUITE_P(, JpegRegion,
                         testing::Values(Subsampling::k444, Subsampling::k422, Subsampling::k420,
                                         Subsampling::k440, Subsampling::k411),
                         [](const auto& info) {
                           std::string name(subsampling_name(info.param));
                           std::erase(name, ':');
                           return "Sampled" + name;
                         });

TEST(JpegRegionOf, EveryGoldenFileEqualsFullDecode) {
  for (const GoldenImage& image : golden_images())
    if (is_golden_jpeg(image))
      expect_regions_equal_full_decode(golden(image.name), 200, image.name);
}

TEST(JpegRegionOf, GrayEqualsFullDecode) {
  expect_regions_equal_full_decode(encode_jpeg(textured_image(75, 61, 1)), 300, "gray");
}

// Rows are there or an error is: a cut file never gives rows of the image before it.
TEST(JpegRegionOf, ACutFileIsRefusedWhereRowsAreMissing) {
  JpegDecoder decoder;
  const Bytes bytes = encode_jpeg(textured_image(80, 80, 3));
  const PixelRegion below{60, 10, 20, 30};
  const Image whole = decode_region(decoder, bytes, 1, below, 4);
  int refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    try {
      EXPECT_EQ(decode_region(decoder, ByteSpan(bytes).first(size), 1, below, 4).pixels,
                whole.pixels)
          << size;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(bytes.size()) * 9 / 10);
}

}  // namespace
}  // namespace stoker
