#include "trainer/volume_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;

TEST(SpreadSlices, LieInTheMiddleOfEqualParts) {
  EXPECT_THAT(spread_slices(30, 3), ElementsAre(5, 15, 25));
  EXPECT_THAT(spread_slices(2, 3), ElementsAre(0, 1));
}

TEST(DrawPanel, RowsAreSlicesAndColumnsViews) {
  const Zyx size{9, 2, 3};
  const std::vector<SliceView> views{
      [](int64_t z) { return Bytes(6, static_cast<uint8_t>(z)); },
      [](int64_t z) { return Bytes(6, static_cast<uint8_t>(100 + z)); }};
  const std::vector<int64_t> slices{4, 7};
  const Image panel = draw_panel(size, views, slices);
  ASSERT_EQ(panel.height, 2 * 2 + kPanelGap);
  ASSERT_EQ(panel.width, 2 * 3 + kPanelGap);
  const auto pixel = [&](int64_t y, int64_t x) {
    return panel.pixels[static_cast<size_t>(y * panel.width + x)];
  };
  EXPECT_EQ(pixel(1, 2), 4);
  EXPECT_EQ(pixel(0, 3 + kPanelGap), 104);
  EXPECT_EQ(pixel(2 + kPanelGap, 0), 7);
  EXPECT_EQ(pixel(3 + kPanelGap, 5 + kPanelGap), 107);
  EXPECT_EQ(pixel(2, 0), 255);  // the gap
}

TEST(DrawPanel, RefusesASliceOfAnotherSize) {
  const std::vector<SliceView> views{[](int64_t) { return Bytes(5); }};
  const std::vector<int64_t> slices{0};
  EXPECT_THROW(draw_panel({1, 2, 3}, views, slices), Error);
}

}  // namespace
}  // namespace stoker
