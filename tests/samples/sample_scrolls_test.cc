#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "formats/tiff_volume.h"
#include "formats/vesuvius.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "samples/scroll_drawing.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

TEST(DrawScroll, IsTheSameForAnyNumberOfThreads) {
  const auto draw = [](int threads) {
    const ThreadLimit limit(threads);
    return draw_scroll(48, 5);
  };
  const DrawnScroll one = draw(1);
  const DrawnScroll three = draw(3);
  EXPECT_EQ(one.image.voxels, three.image.voxels);
  EXPECT_EQ(one.label.voxels, three.label.voxels);
  EXPECT_NE(one.image.voxels, draw_scroll(48, 6).image.voxels);
}

TEST(DrawScroll, HasTheRealDataSetsSharesAndMargin) {
  const DrawnScroll scroll = draw_scroll(96, 1);
  std::array<size_t, 3> counts{};
  size_t i = 0;
  for (int64_t z = 0; z < 96; ++z) {
    for (int64_t y = 0; y < 96; ++y) {
      for (int64_t x = 0; x < 96; ++x, ++i) {
        ASSERT_LE(scroll.label.voxels[i], 2);
        ++counts[scroll.label.voxels[i]];
        const bool margin = y < 3 || y >= 93 || x < 3 || x >= 93;
        ASSERT_EQ(scroll.image.voxels[i] == 0, margin);
        if (margin || z == 0 || z == 95) {
          ASSERT_EQ(scroll.label.voxels[i], 2);
        }
      }
    }
  }
  const auto share = [&](size_t value) {
    return static_cast<double>(counts[value]) / static_cast<double>(i);
  };
  EXPECT_NEAR(share(1), 0.08, 0.03);
  EXPECT_NEAR(share(2), 0.60, 0.05);
}

TEST(MakeSampleScrolls, WritesTheChallengeLayout) {
  const TempFolder temp;
  const fs::path& folder = temp.path();
  const std::string command = std::string(STOKER_BIN_DIR) +
                              "/make-sample-scrolls --quiet --count 3" +
                              " --size 32 --seed 4 --output " + folder.string() + " > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const VolumeListing listing = list_vesuvius(folder);
  ASSERT_EQ(listing.items.size(), 3u);
  EXPECT_EQ(listing.notes.size(), 2u);  // listed, but absent
  for (const VolumeItem& item : listing.items) {
    EXPECT_GT(std::stoull(item.id), uint64_t{1} << 31);
    for (const fs::path& path : {item.image, item.label}) {
      EXPECT_EQ(open_tiff_volume(path).info.size_zyx, (std::array<int64_t, 3>{32, 32, 32}));
    }
  }
  EXPECT_EQ(open_tiff_volume(listing.items[0].image).info.compression, "lzw");
  EXPECT_EQ(open_tiff_volume(listing.items[1].image).info.compression, "none");
  EXPECT_EQ(open_tiff_volume(listing.items[2].image).info.compression, "deflate");
}

}  // namespace
}  // namespace stoker
