#include "trainer/predict/volume_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;

TEST(SpreadSlices, LieInTheMiddleOfEqualParts) {
  EXPECT_THAT(spread_slices(30, 3), ElementsAre(5, 15, 25));
  EXPECT_THAT(spread_slices(2, 3), ElementsAre(0, 1));
}

// The gray of a voxel is its z, and 100 more in the second view.
std::vector<PanelColumn> two_columns(const std::string& caption) {
  return {{caption, [](int64_t z) { return Bytes(6, static_cast<uint8_t>(z)); }},
          {"b", [](int64_t z) { return Bytes(6, static_cast<uint8_t>(100 + z)); }}};
}

TEST(DrawPanel, RowsAreSlicesAndColumnsViews) {
  const std::vector<PanelColumn> columns = two_columns("a");
  const std::vector<int64_t> slices{4, 7};
  const Image panel = draw_panel({9, 2, 3}, columns, slices);
  const int64_t step = panel_step(3, columns);
  ASSERT_EQ(panel.height, kPanelHeading + 2 * 2 + kPanelGap);
  ASSERT_EQ(panel.width, 2 * step - kPanelGap);
  const auto pixel = [&](int64_t y, int64_t x) {
    return panel.pixels[static_cast<size_t>((kPanelHeading + y) * panel.width + x)];
  };
  EXPECT_EQ(pixel(1, 2), 4);
  EXPECT_EQ(pixel(0, step), 104);
  EXPECT_EQ(pixel(2 + kPanelGap, 0), 7);
  EXPECT_EQ(pixel(3 + kPanelGap, 2 + step), 107);
  EXPECT_EQ(pixel(2, 0), pixel(0, 3));  // the gaps
}

// Whether anything is written above a column, and nothing below it but views and gaps.
TEST(DrawPanel, ACaptionStandsOverEachColumn) {
  const std::vector<int64_t> slices{4};
  const std::vector<PanelColumn> columns = two_columns("probability");
  const Image panel = draw_panel({9, 2, 3}, columns, slices);
  const int64_t step = panel_step(3, columns);
  EXPECT_GT(step, 50);  // wide enough for eleven letters, though the volume is not
  const auto brightest = [&](int64_t first_x, int64_t end_x) {
    uint8_t most = 0;
    for (int64_t y = 0; y < kPanelHeading; ++y) {
      for (int64_t x = first_x; x < end_x; ++x)
        most = std::max(most, panel.pixels[static_cast<size_t>(y * panel.width + x)]);
    }
    return most;
  };
  EXPECT_GT(brightest(0, step / 2), 200);
  EXPECT_GT(brightest(step / 2, step - kPanelGap), 200);  // to its last letters
  EXPECT_GT(brightest(step, panel.width), 200);
}

TEST(DrawPanel, AColumnIsAsWideAsTheVolume) {
  EXPECT_EQ(panel_step(320, two_columns("probability")), 320 + kPanelGap);
}

TEST(DrawPanel, RefusesASliceOfAnotherSize) {
  const std::vector<PanelColumn> columns{{"a", [](int64_t) { return Bytes(5); }}};
  const std::vector<int64_t> slices{0};
  EXPECT_THROW(draw_panel({1, 2, 3}, columns, slices), Error);
}

}  // namespace
}  // namespace stoker
