#include "trainer/predict/sliding_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;

TEST(WindowBegins, AVolumeNoLargerThanTheWindowHasOne) {
  EXPECT_THAT(window_begins(64, 64, 0.5), ElementsAre(0));
  EXPECT_THAT(window_begins(5, 64, 0.5), ElementsAre(0));
}

TEST(WindowBegins, SpreadEvenlyToTheEnd) {
  EXPECT_THAT(window_begins(320, 128, 0.5), ElementsAre(0, 64, 128, 192));
  EXPECT_THAT(window_begins(100, 64, 0.0), ElementsAre(0, 36));
  EXPECT_THAT(window_begins(130, 64, 0.0), ElementsAre(0, 33, 66));
}

TEST(WindowBegins, CoverEveryVoxelAtNoMoreThanTheStep) {
  for (int64_t size = 1; size < 90; ++size) {
    const std::vector<int64_t> begins = window_begins(size, 16, 0.3);
    EXPECT_EQ(begins.front(), 0);
    EXPECT_GE(begins.back() + 16, size);
    for (size_t i = 1; i < begins.size(); ++i) {
      EXPECT_GT(begins[i], begins[i - 1]);
      EXPECT_LE(begins[i] - begins[i - 1], 11);  // 16 * 0.7
    }
  }
}

TEST(WindowBegins, RefusesAnOverlapOfOne) {
  EXPECT_THROW(window_begins(10, 4, 1.0), Error);
}

// z * 10000 + y * 100 + x, scaled to stay exact enough in sums.
float value_at(int64_t z, int64_t y, int64_t x) {
  return static_cast<float>(z * 10000 + y * 100 + x) / 65536.0f;
}

std::vector<float> blend_of_values(const Zyx& size, const Zyx& window, double overlap) {
  WindowBlend blend(size, window, overlap);
  for (const Zyx& begin : blend.begins()) {
    std::vector<float> values;
    for (int64_t z = 0; z < window[0]; ++z) {
      for (int64_t y = 0; y < window[1]; ++y) {
        for (int64_t x = 0; x < window[2]; ++x)
          values.push_back(value_at(begin[0] + z, begin[1] + y, begin[2] + x));
      }
    }
    blend.add(begin, values);
  }
  return blend.finish();
}

void expect_values(const std::vector<float>& found, const Zyx& size) {
  size_t i = 0;
  for (int64_t z = 0; z < size[0]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      for (int64_t x = 0; x < size[2]; ++x)
        ASSERT_NEAR(found[i++], value_at(z, y, x), 2e-5 * (1.0 + value_at(z, y, x)));
    }
  }
}

TEST(WindowBlend, WindowsThatAgreeGiveWhatTheySay) {
  expect_values(blend_of_values({21, 17, 30}, {8, 8, 8}, 0.5), {21, 17, 30});
}

TEST(WindowBlend, AWindowLargerThanTheVolumeIsCut) {
  expect_values(blend_of_values({5, 9, 12}, {8, 8, 16}, 0.25), {5, 9, 12});
}

TEST(WindowBlend, IsTheSameAtOneThread) {
  const std::vector<float> many = blend_of_values({21, 17, 30}, {8, 8, 8}, 0.5);
  const ThreadLimit limit(1);
  EXPECT_EQ(many, blend_of_values({21, 17, 30}, {8, 8, 8}, 0.5));
}

// Windows 0..3 and 2..5 of 1 and 3: at voxel 2 the first is 0.5 past its middle, the second 1.5
// before its own; sigma is half a voxel.
TEST(WindowBlend, WeighsByAGaussianOfAnEighthOfTheSide) {
  WindowBlend blend({1, 1, 6}, {1, 1, 4}, 0.5);
  ASSERT_THAT(blend.begins(), ElementsAre(Zyx{0, 0, 0}, Zyx{0, 0, 2}));
  blend.add({0, 0, 0}, std::vector<float>(4, 1.0f));
  blend.add({0, 0, 2}, std::vector<float>(4, 3.0f));
  const std::vector<float> blended = blend.finish();
  const double near = std::exp(-0.5);       // 0.5 voxels: one sigma
  const double far = std::exp(-0.5 * 9.0);  // 1.5 voxels: three
  EXPECT_FLOAT_EQ(blended[0], 1.0f);
  EXPECT_NEAR(blended[2], (near * 1.0 + far * 3.0) / (near + far), 1e-6);
  EXPECT_FLOAT_EQ(blended[5], 3.0f);
}

TEST(WindowBlend, RefusesValuesOfAnotherWindow) {
  WindowBlend blend({4, 4, 4}, {2, 2, 2}, 0.0);
  EXPECT_THROW(blend.add({0, 0, 0}, std::vector<float>(7)), Error);
}

}  // namespace
}  // namespace stoker
