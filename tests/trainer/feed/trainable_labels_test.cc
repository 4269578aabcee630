// Which volumes and classes a training can learn from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"
#include "tests/loader/image_split_fixture.h"
#include "tests/loader/volume_split_fixture.h"
#include "trainer/feed/class_counts.h"
#include "trainer/feed/labelled_voxels.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;

class LabelledVoxelsTest : public VolumeSplitTest {
 protected:
  JoinedSplit data(const std::vector<DrawnVolume>& volumes) {
    return {write_split(volumes), schema(), {}, "scrolls", "", {}};
  }
  static DrawnVolume ignored(uint64_t number) {
    DrawnVolume volume = draw_volume({33, 40, 32}, number);
    std::fill(volume.label.begin(), volume.label.end(), uint8_t{2});
    return volume;
  }
};

TEST_F(LabelledVoxelsTest, CountsWhatIsNotIgnored) {
  DrawnVolume volume = ignored(0);
  volume.label[5] = 0;
  volume.label[40000] = 1;
  const JoinedSplit one = data({volume});
  EXPECT_EQ(labelled_voxels(one.split, 1, 0), 2u);
}

TEST_F(LabelledVoxelsTest, VolumesWithoutAreNamed) {
  EXPECT_THAT(check_labelled_voxels(data({draw_volume({40, 33, 32}, 0), ignored(1)})),
              ElementsAre("volume_1"));
}

TEST_F(LabelledVoxelsTest, ASetWithoutAnyIsRefused) {
  EXPECT_THAT(
      [&] {
        check_labelled_voxels(data({ignored(0), ignored(1)}));
      },
      ::testing::Throws<Error>(::testing::AllOf(
          ::testing::Property(&Error::code, ErrorCode::kCorrupt),
          ::testing::Property(
              &Error::what,
              ::testing::HasSubstr("scrolls: no labelled voxel in 2 training volumes")))));
}

class ClassCountsTest : public ImageSplitTest {};

TEST_F(ClassCountsTest, ClassesThatLostEverySampleAreNamed) {
  // Labels 0, 1, 2; the fourth class never had a sample.
  const std::vector<StoredImage> images(3, stored_raw(drawn_image(1, 4, 4, 3)));
  const JoinedSplit data{write_split(images, 2), schema(), {"a", "b", "c", "d"}, "", "", {}};
  const std::vector<uint64_t> counts = count_classes(data);
  EXPECT_THAT(counts, ElementsAre(1, 1, 1, 0));
  EXPECT_EQ(empty_classes(data.class_names, counts), "'d'");
  const std::vector<SkippedSample> skipped{{0, 1, "", ""}, {1, 1, "", ""}, {1, 2, "", ""}};
  const std::vector<uint64_t> left = count_classes_left(data, skipped);
  EXPECT_THAT(left, ElementsAre(1, 0, 0, 0));
  EXPECT_EQ(empty_classes(data.class_names, left, counts), "'b', 'c'");
}

TEST_F(ClassCountsTest, ManyNamesAreCounted) {
  EXPECT_EQ(empty_classes(std::vector<std::string>(12, "x"), std::vector<uint64_t>(12, 0)),
            "'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x' and 2 more");
}

}  // namespace
}  // namespace stoker
