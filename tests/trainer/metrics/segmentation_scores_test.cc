// Scores against those of surface-distance, scikit-image and SciPy
// (tests/golden/metrics/make_segmentation_scores.py), and against arithmetic.
#include "trainer/metrics/segmentation_scores.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/core/random.h"
#include "trainer/metrics/connected_components.h"
#include "trainer/metrics/surface_dice.h"
#include "trainer/metrics/surfel_area.h"
#include "trainer/metrics/voi_score.h"

namespace stoker {
namespace {

using Mask = std::vector<uint8_t>;

const nlohmann::json& golden() {
  static const nlohmann::json document = [] {
    std::ifstream file(STOKER_SOURCE_DIR "/tests/golden/metrics/segmentation_scores.json");
    return nlohmann::json::parse(file);
  }();
  return document;
}

Mask from_run_lengths(const nlohmann::json& runs) {
  Mask voxels;
  for (size_t i = 0; i < runs.size(); i += 2) {
    voxels.insert(voxels.end(), runs[i + 1].get<size_t>(), runs[i].get<uint8_t>());
  }
  return voxels;
}

struct Case {
  Zyx size_zyx;
  Mask labels;
  Mask prediction;
  Mask truth;  // labels == 1
  Mask kept;   // prediction without ignored voxels
  nlohmann::json expected;
};

Case read_case(const nlohmann::json& json) {
  Case result{json["size_zyx"].get<Zyx>(),
              from_run_lengths(json["labels"]),
              from_run_lengths(json["prediction"]),
              {},
              {},
              json};
  for (size_t i = 0; i < result.labels.size(); ++i) {
    result.truth.push_back(result.labels[i] == 1);
    result.kept.push_back(result.labels[i] != 2 && result.prediction[i] != 0);
  }
  return result;
}

class GoldenCase : public testing::TestWithParam<std::string> {
 protected:
  Case case_ = read_case(golden()["cases"][GetParam()]);
  double expected(const char* key) const { return case_.expected[key].get<double>(); }
};

TEST_P(GoldenCase, DiceEqualsNumPy) {
  const auto scores = score_segmentation(case_.size_zyx, case_.labels, case_.prediction);
  EXPECT_DOUBLE_EQ(scores.dice, expected("dice"));
}

TEST_P(GoldenCase, SurfaceDiceEqualsSurfaceDistance) {
  const auto scores = score_segmentation(case_.size_zyx, case_.labels, case_.prediction);
  EXPECT_NEAR(scores.surface_dice, expected("surface_dice"), 1e-9);
}

TEST_P(GoldenCase, ComponentsEqualSciPy) {
  EXPECT_EQ(connected_components(case_.size_zyx, case_.truth).count,
            case_.expected["components"][0].get<int>());
  EXPECT_EQ(connected_components(case_.size_zyx, case_.kept).count,
            case_.expected["components"][1].get<int>());
}

TEST_P(GoldenCase, VariationOfInformationEqualsScikitImage) {
  const auto voi = variation_of_information(case_.size_zyx, case_.truth, case_.kept);
  EXPECT_NEAR(voi.split_bits, expected("split_bits"), 1e-9);
  EXPECT_NEAR(voi.merge_bits, expected("merge_bits"), 1e-9);
}

TEST_P(GoldenCase, ScoresDoNotDependOnWhatIsPredictedWhereLabelsAreIgnored) {
  const auto before = score_segmentation(case_.size_zyx, case_.labels, case_.prediction);
  for (size_t i = 0; i < case_.labels.size(); ++i) {
    if (case_.labels[i] == kIgnoreLabel) case_.prediction[i] ^= 1;
  }
  const auto after = score_segmentation(case_.size_zyx, case_.labels, case_.prediction);
  EXPECT_EQ(before.dice, after.dice);
  EXPECT_EQ(before.surface_dice, after.surface_dice);
  EXPECT_EQ(before.voi_score, after.voi_score);
}

TEST_P(GoldenCase, ScoresAreTheSameAtOneThread) {
  const auto many = score_segmentation(case_.size_zyx, case_.labels, case_.prediction);
  const ThreadLimit limit(1);
  const auto one = score_segmentation(case_.size_zyx, case_.labels, case_.prediction);
  EXPECT_EQ(many.surface_dice, one.surface_dice);
  EXPECT_EQ(many.voi_score, one.voi_score);
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& item : golden()["cases"].items())
    names.push_back(item.key());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Volumes, GoldenCase, testing::ValuesIn(case_names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase_if(name, [](char c) {
                             return std::isalpha(static_cast<unsigned char>(c)) == 0;
                           });
                           return name;
                         });

TEST(SurfelArea, EqualsSurfaceDistanceForEveryCode) {
  const auto areas = surfel_areas();
  for (size_t code = 0; code < 256; ++code) {
    EXPECT_NEAR(areas[code], golden()["surfel_areas"][code].get<double>(), 1e-12) << code;
  }
}

// A box of a x b x c voxels: flat faces, edges and corners cut off.
TEST(SurfelArea, OfABoxIsThatOfItsFacesEdgesAndCorners) {
  const Zyx size{7, 8, 9};  // all of it: the volume's border is surface
  const Mask box(7 * 8 * 9, 1);
  Mask prediction(box.size(), 0);
  prediction[0] = 1;  // one voxel: 8 corner cubes of sqrt(3) / 8 each, all of them near the box's
  const double faces = 2.0 * (6 * 7 + 6 * 8 + 7 * 8);
  const double edges = 4.0 * (6 + 7 + 8) * std::sqrt(0.5);
  const double corner = std::sqrt(3.0) / 8.0;
  const double box_area = faces + edges + 8 * corner;
  const double dice_at_0 = surface_dice(size, box, prediction, 0.0);
  // Seven of the voxel's eight corner cubes lie on the box's surface, as do as many of the box's.
  const double shared_of_box = corner + 3 * std::sqrt(0.5) + 3 * 1.0;
  EXPECT_NEAR(dice_at_0, (7 * corner + shared_of_box) / (box_area + 8 * corner), 1e-12);
}

TEST(ConnectedComponents, ASpiralThatJoinsLateIsOne) {
  // Row 0: two runs; row 1: joins both, so that labels must be merged backwards.
  const Mask mask{1, 0, 1, 0, 1,  //
                  1, 0, 1, 0, 1,  //
                  1, 1, 1, 1, 1};
  const auto components = connected_components({1, 3, 5}, mask);
  EXPECT_EQ(components.count, 1);
  for (size_t i = 0; i < mask.size(); ++i)
    EXPECT_EQ(components.labels_zyx[i], mask[i]);
}

TEST(ConnectedComponents, AVoxelApartIsAnother) {
  const auto components = connected_components({3, 1, 1}, Mask{7, 0, 9});
  EXPECT_EQ(components.count, 2);
  EXPECT_EQ(components.labels_zyx, (std::vector<int32_t>{1, 0, 2}));
}

TEST(ConnectedComponents, RefusesAMaskOfAnotherSize) {
  EXPECT_THROW(connected_components({2, 2, 2}, Mask(7)), Error);
}

TEST(SegmentationScores, RefusesALabelOfThree) {
  EXPECT_THROW(score_segmentation({1, 1, 2}, Mask{0, 3}, Mask{0, 0}), Error);
}

TEST(SegmentationScores, RefusesVolumesOfAnotherSize) {
  EXPECT_THROW(score_segmentation({1, 1, 2}, Mask{0, 1}, Mask{0}), Error);
}

}  // namespace
}  // namespace stoker
