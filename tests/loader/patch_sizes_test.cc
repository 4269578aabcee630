// Patches of another size in every epoch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "libdata/core/error.h"
#include "tests/loader/patch_loader_fixture.h"

namespace stoker {
namespace {

class PatchSizes : public PatchLoaderTest {
 protected:
  static PatchLoaderOptions growing(PatchInput input) {
    PatchLoaderOptions options = small_options(input);
    options.largest_patch_zyx = {32, 24, 80};  // longer than any volume along x
    return options;
  }
  static Delivered run_size(PatchLoader& loader, uint64_t epoch, const Zyx& patch_zyx) {
    loader.start_epoch(epoch, 0, patch_zyx);
    Delivered delivered;
    while (const auto batch = loader.next()) {
      EXPECT_EQ((*batch)->patch_zyx, patch_zyx);
      take(**batch, delivered);
    }
    return delivered;
  }
};

TEST_F(PatchSizes, GiveThePatchesOfALoaderOfThatSizeWhateverCameBefore) {
  const PackedSplit split = write_split(drawn_volumes());
  for (const PatchInput input : {PatchInput::kImage, PatchInput::kComputedFeatures}) {
    PatchLoader loader(split, schema(), growing(input));
    uint64_t epoch = 0;
    for (const Zyx& size : {Zyx{16, 24, 20}, Zyx{32, 24, 80}, Zyx{5, 1, 7}, Zyx{16, 24, 20}}) {
      PatchLoaderOptions alone = small_options(input);
      alone.sampling.patch_zyx = size;
      EXPECT_EQ(run_size(loader, epoch, size).patch_hashes, run(split, alone, epoch).patch_hashes);
      ++epoch;
    }
  }
}

TEST_F(PatchSizes, AreTheOptionsWhereNoneIsNamed) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoader loader(split, schema(), growing(PatchInput::kImage));
  loader.start_epoch(0, 0, {0, 8, 0});
  EXPECT_EQ((*loader.next())->patch_zyx, (Zyx{16, 8, 20}));
  loader.start_epoch(0);
  EXPECT_EQ((*loader.next())->patch_zyx, (Zyx{16, 24, 20}));
}

TEST_F(PatchSizes, LargerThanTheSlotsAreRefused) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoader loader(split, schema(), growing(PatchInput::kImage));
  for (const Zyx& size : {Zyx{33, 24, 20}, Zyx{16, 25, 20}, Zyx{16, 24, -1}}) {
    EXPECT_THAT(
        [&] { loader.start_epoch(0, 0, size); },
        testing::Throws<Error>(testing::Property(&Error::code, ErrorCode::kInvalidArgument)));
  }
  PatchLoaderOptions options = small_options();
  options.largest_patch_zyx = {16, 23, 20};
  EXPECT_THROW(PatchLoader(split, schema(), options), Error);
}

TEST_F(PatchSizes, OfAGridDoNotChange) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoaderOptions options = growing(PatchInput::kImage);
  options.sampling.sampling = PatchSampling::kGrid;
  PatchLoader loader(split, schema(), options);
  loader.start_epoch(0, 0, {16, 24, 20});
  EXPECT_THAT(
      [&] {
        loader.start_epoch(0, 0, {16, 24, 21});
      },
      testing::Throws<Error>(
          testing::Property(&Error::message, testing::HasSubstr("one size in every epoch"))));
}

}  // namespace
}  // namespace stoker
