// Stacks are read back with libtiff.
#include "libdata/volume/tiff_stack.h"

#include <gtest/gtest.h>
#include <tiffio.h>

#include <filesystem>
#include <vector>

#include "libdata/core/error.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;

class TiffStack : public testing::Test {
 protected:
  void TearDown() override { fs::remove(path_); }

  const fs::path path_ = fs::temp_directory_path() /
                         (std::string("tiff_stack_") +
                          testing::UnitTest::GetInstance()->current_test_info()->name() + ".tif");
};

std::vector<uint8_t> counted_voxels(const Zyx& size) {
  std::vector<uint8_t> voxels;
  for (int64_t i = 0; i < size[0] * size[1] * size[2]; ++i)
    voxels.push_back(static_cast<uint8_t>(i * 37 + i / 251));
  return voxels;
}

TEST_F(TiffStack, LibtiffReadsEveryPage) {
  for (const Zyx& size : {Zyx{3, 5, 7}, Zyx{1, 1, 1}, Zyx{4, 64, 64}}) {
    const std::vector<uint8_t> voxels = counted_voxels(size);
    write_tiff_stack(path_, size, voxels);
    TIFF* tiff = TIFFOpen(path_.c_str(), "r");
    ASSERT_NE(tiff, nullptr);
    const int64_t page_bytes = size[1] * size[2];
    for (int64_t z = 0; z < size[0]; ++z) {
      ASSERT_EQ(TIFFSetDirectory(tiff, static_cast<uint16_t>(z)), 1);
      uint32_t width = 0;
      uint32_t height = 0;
      uint16_t bits = 0;
      ASSERT_EQ(TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width), 1);
      ASSERT_EQ(TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height), 1);
      ASSERT_EQ(TIFFGetField(tiff, TIFFTAG_BITSPERSAMPLE, &bits), 1);
      EXPECT_EQ(width, static_cast<uint32_t>(size[2]));
      EXPECT_EQ(height, static_cast<uint32_t>(size[1]));
      EXPECT_EQ(bits, 8);
      std::vector<uint8_t> page(static_cast<size_t>(page_bytes));
      ASSERT_EQ(TIFFReadEncodedStrip(tiff, 0, page.data(), page_bytes), page_bytes);
      EXPECT_TRUE(std::equal(page.begin(), page.end(), voxels.begin() + z * page_bytes));
    }
    EXPECT_EQ(TIFFSetDirectory(tiff, static_cast<uint16_t>(size[0])), 0);
    TIFFClose(tiff);
  }
}

TEST_F(TiffStack, RefusesVoxelsThatDoNotFitTheSize) {
  EXPECT_THROW(write_tiff_stack(path_, {2, 2, 2}, std::vector<uint8_t>(7)), Error);
  EXPECT_THROW(write_tiff_stack(path_, {0, 2, 2}, {}), Error);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(TiffStack, RefusesWhatClassicTiffCannotAddress) {
  // The span is never read: its size alone is refused.
  const uint8_t none = 0;
  EXPECT_THROW(write_tiff_stack(path_, {1 << 12, 1 << 10, 1 << 10}, {&none, size_t{1} << 32}),
               Error);
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace stoker
