// Shards come out the same however the work is cut up.
#include <gtest/gtest.h>

#include "libdata/core/parallel.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/packing_merge.h"
#include "tests/shard/packing_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

TEST_F(PackingTest, SameBytesAtAnyThreadCount) {
  run_pack(job(folder_ / "one"));
  for (const int threads : {1, 2, 7}) {
    const ThreadLimit limit(threads);
    const fs::path folder = folder_ / std::to_string(threads);
    run_pack(job(folder));
    EXPECT_EQ(contents(folder), contents(folder_ / "one")) << threads << " threads";
  }
}

TEST_F(PackingTest, MergedPartsEqualAnUnsplitRun) {
  bad_ = {17, 120};
  PackJob whole = job(folder_ / "whole");
  whole.options.skip_bad_samples = true;
  run_pack(whole);
  for (uint32_t k = 1; k <= 3; ++k) {
    PackJob part = job(folder_ / ("part" + std::to_string(k)));
    part.options.skip_bad_samples = true;
    part.options.part = PackPart{k, 3};
    run_pack(part);
  }
  merge_parts(folder_ / "merged", {folder_ / "part1", folder_ / "part2", folder_ / "part3"});
  EXPECT_EQ(contents(folder_ / "merged"), contents(folder_ / "whole"));
}

TEST_F(PackingTest, MergeWithAPartMissingIsRefused) {
  for (uint32_t k = 1; k <= 2; ++k) {
    PackJob part = job(folder_ / "parts");
    part.options.part = PackPart{k, 3};
    run_pack(part);
  }
  EXPECT_THROW(merge_parts(folder_ / "parts", {}), Error);
  EXPECT_FALSE(fs::exists(folder_ / "parts" / kManifestName));
}

TEST_F(PackingTest, ForcingOnePartLeavesTheOthers) {
  run_pack(job(folder_ / "whole"));
  for (const uint32_t k : {1u, 2u, 3u, 1u}) {
    PackJob part = job(folder_ / "parts");
    part.options.force = true;
    part.options.part = PackPart{k, 3};
    run_pack(part);
  }
  merge_parts(folder_ / "parts", {});
  EXPECT_EQ(contents(folder_ / "parts"), contents(folder_ / "whole"));
}

TEST_F(PackingTest, MergeIntoAnotherDataSetIsRefused) {
  run_pack(job(folder_ / "other"));
  plan_options_.seed = 6;
  PackJob part = job(folder_ / "parts");
  part.options.part = PackPart{1, 1};
  run_pack(part);
  EXPECT_THROW(merge_parts(folder_ / "other", {folder_ / "parts"}), Error);
  EXPECT_NO_THROW(PackedDataset dataset(folder_ / "other"));
}

TEST_F(PackingTest, MergingAgainGivesTheSameAndADryRunChangesNothing) {
  for (uint32_t k = 1; k <= 2; ++k) {
    PackJob part = job(folder_ / ("part" + std::to_string(k)));
    part.options.part = PackPart{k, 2};
    run_pack(part);
  }
  const auto before = contents(folder_ / "part2");
  const auto dry = merge_parts(folder_ / "part1", {folder_ / "part2"}, MergeMode::kDryRun);
  EXPECT_EQ(dry.find_split("train")->sample_count(), 200u);
  EXPECT_FALSE(fs::exists(folder_ / "part1" / kManifestName));
  EXPECT_FALSE(fs::exists(folder_ / "none"));
  EXPECT_THROW(merge_parts(folder_ / "none", {folder_ / "part2"}, MergeMode::kDryRun), Error);
  EXPECT_FALSE(fs::exists(folder_ / "none"));

  merge_parts(folder_ / "part1", {folder_ / "part2"});
  const auto merged = contents(folder_ / "part1");
  EXPECT_EQ(contents(folder_ / "part2"), before) << "another's folder";
  merge_parts(folder_ / "part1", {folder_ / "part2"});
  merge_parts(folder_ / "part1", {});
  EXPECT_EQ(contents(folder_ / "part1"), merged);
}

}  // namespace
}  // namespace stoker
