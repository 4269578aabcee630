#include "libdata/volume/distance_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/random.h"
#include "tests/volume/test_volumes.h"

namespace stoker {
namespace {

std::vector<int32_t> squared(const Zyx& size, const Bytes& target) {
  std::vector<int32_t> out(target.size());
  squared_distance(size, target, out);
  return out;
}

std::vector<int8_t> signed_distance(const Zyx& size, const Bytes& labels) {
  std::vector<int8_t> out(labels.size());
  signed_surface_distance(size, labels, out);
  return out;
}

struct Golden {
  std::string name;
  Zyx size_zyx;
};

class DistanceGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(DistanceGolden, SquaredDistancesAreExactlySciPys) {
  const Golden& golden = GetParam();
  const std::filesystem::path stem =
      std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden/distance" / golden.name;
  const Bytes target = read_file(stem.string() + ".u8");
  const Bytes expected_bytes = read_file(stem.string() + ".i32");
  std::vector<int32_t> expected(target.size());
  ASSERT_EQ(expected_bytes.size(), expected.size() * sizeof(int32_t));
  std::memcpy(expected.data(), expected_bytes.data(), expected_bytes.size());
  EXPECT_TRUE(squared(golden.size_zyx, target) == expected);
}

INSTANTIATE_TEST_SUITE_P(Goldens, DistanceGolden,
                         ::testing::Values(Golden{"sparse_17x23x31", {17, 23, 31}},
                                           Golden{"dense_12x9x20", {12, 9, 20}},
                                           Golden{"corner_40x2x30", {40, 2, 30}},
                                           Golden{"line_1x1x50", {1, 1, 50}}),
                         [](const auto& info) { return info.param.name; });

TEST(SquaredDistance, WithoutTargetsThereIsNone) {
  const std::vector<int32_t> out = squared({3, 4, 5}, Bytes(60, 0));
  EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](int32_t d) { return d == kNoDistance; }));
}

TEST(SquaredDistance, OneTargetGivesTheSumOfSquares) {
  const Zyx size{9, 140, 30};
  Bytes target(9 * 140 * 30, 0);
  target[(2 * 140 + 7) * 30 + 29] = 1;
  const std::vector<int32_t> out = squared(size, target);
  size_t wrong = 0;
  for (int64_t z = 0; z < size[0]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      for (int64_t x = 0; x < size[2]; ++x) {
        const int64_t expected = (z - 2) * (z - 2) + (y - 7) * (y - 7) + (x - 29) * (x - 29);
        wrong += out[static_cast<size_t>((z * size[1] + y) * size[2] + x)] != expected;
      }
    }
  }
  EXPECT_EQ(wrong, 0u);
}

TEST(SurfaceDistance, IsTheRoundedDistanceWithInsideNegative) {
  RandomStream random(8, 0, 0);
  for (const Zyx& size : {Zyx{20, 30, 150}, Zyx{33, 200, 5}, Zyx{1, 1, 9}, Zyx{6, 65, 64}}) {
    Bytes labels = make_labels(size);
    for (uint8_t& label : labels)
      label = random.next_below(8) == 0 ? 2 : label;
    if (size[1] == 200) std::fill(labels.begin(), labels.end() - 40, uint8_t{0});  // far away
    Bytes surface(labels.size());
    Bytes other(labels.size());
    for (size_t i = 0; i < labels.size(); ++i) {
      surface[i] = labels[i] == 1;
      other[i] = labels[i] != 1;
    }
    const std::vector<int32_t> to_surface = squared(size, surface);
    const std::vector<int32_t> to_other = squared(size, other);
    const std::vector<int8_t> out = signed_distance(size, labels);
    size_t wrong = 0;
    for (size_t i = 0; i < labels.size(); ++i) {
      const double distance = labels[i] == 1 ? 1 - std::rint(std::sqrt(to_other[i]))
                                             : std::rint(std::sqrt(to_surface[i]));
      wrong += out[i] != static_cast<int>(std::clamp(distance, -127.0, 127.0));
    }
    EXPECT_EQ(wrong, 0u);
  }
}

TEST(SurfaceDistance, NeighboursDifferByAtMostOne) {
  const Zyx size{40, 50, 60};
  const std::vector<int8_t> out = signed_distance(size, make_labels(size));
  int largest = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    const size_t x = i % 60;
    if (x + 1 < 60) largest = std::max(largest, std::abs(out[i] - out[i + 1]));
    if (i + 60 < out.size() && i / 60 % 50 + 1 < 50) {
      largest = std::max(largest, std::abs(out[i] - out[i + 60]));
    }
    if (i + 3000 < out.size()) largest = std::max(largest, std::abs(out[i] - out[i + 3000]));
  }
  EXPECT_EQ(largest, 1);
}

TEST(SurfaceDistance, WithoutSurfaceOrWithNothingElse) {
  const std::vector<int8_t> none = signed_distance({3, 3, 3}, Bytes(27, 2));
  EXPECT_TRUE(std::all_of(none.begin(), none.end(), [](int8_t d) { return d == 127; }));
  const std::vector<int8_t> all = signed_distance({3, 3, 3}, Bytes(27, 1));
  EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](int8_t d) { return d == -127; }));
}

TEST(DistanceTransform, SpansThatDoNotFitAreRefused) {
  const Bytes labels(27);
  std::vector<int32_t> squares(26);
  std::vector<int8_t> distances(26);
  EXPECT_THROW(squared_distance({3, 3, 3}, labels, squares), Error);
  EXPECT_THROW(signed_surface_distance({3, 3, 3}, labels, distances), Error);
  EXPECT_THROW(signed_surface_distance({0, 3, 3}, {}, {}), Error);
}

}  // namespace
}  // namespace stoker
