// Samples that cannot be packed: the run stops, or leaves them out and says so.
#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <stdexcept>

#include "libdata/core/parallel.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/shard/packing_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using PackingFaultsTest = PackingTest;

TEST_F(PackingFaultsTest, BadSampleStopsTheRunAndPublishesNoManifest) {
  bad_ = {42};
  try {
    run_pack(job(folder_ / "a"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("item42"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(folder_ / "a" / kManifestName));
}

// The failure of one shard cancels the work on the others: they must not be published cut short.
TEST_F(PackingFaultsTest, AFailureInOneShardPublishesNoOtherShardCutShort) {
  const ThreadLimit limit(4);
  for (uint64_t failing = 0; failing < items_.size(); failing += 4) {
    fs::remove_all(folder_ / "a");
    PackJob failing_job = job(folder_ / "a");
    const auto encode = failing_job.encode;
    failing_job.encode = [&](uint64_t item, Sample& sample) {
      if (item == failing) throw Error(ErrorCode::kIo, "made to fail");
      encode(item, sample);
    };
    EXPECT_THROW(run_pack(failing_job), Error);
    for (const PlannedShard& shard : failing_job.plan.shards) {
      const fs::path path = folder_ / "a" / shard.file;
      if (!fs::exists(path)) continue;
      ASSERT_EQ(ShardReader(path).sample_count(), shard.items.size())
          << shard.file << ", item " << failing << " fails";
    }
  }
}

TEST_F(PackingFaultsTest, SkippedSamplesAreRecordedWithPlaceAndReason) {
  bad_ = {42};
  PackJob skipping = job(folder_ / "a");
  skipping.options.skip_bad_samples = true;
  run_pack(skipping);
  const PackedDataset dataset(folder_ / "a");
  ASSERT_EQ(dataset.manifest().skipped.size(), 1u);
  EXPECT_EQ(dataset.manifest().skipped[0].name, "item42");
  EXPECT_EQ(dataset.manifest().skipped[0].reason, "made bad");
  EXPECT_EQ(dataset.manifest().skipped[0].offset_bytes, 42000u);
  EXPECT_EQ(dataset.split("").sample_count(), 199u);
}

// Whatever class an encoder's error is of, one sample does not end a run under skip.
TEST_F(PackingFaultsTest, ErrorOfAnyClassInOneSampleIsSkipped) {
  const std::vector<std::function<void()>> failures{
      [] { throw Error(ErrorCode::kInvalidArgument, "too wide for a JPEG", "/in/cat/7.png", 9); },
      [] { throw Error(ErrorCode::kNotFound, "cannot open: gone", "/in/cat/7.png", 9); },
      [] { throw Error(ErrorCode::kIo, "cannot read: bad sector", "/in/cat/7.png", 9); },
      [] { throw Error(ErrorCode::kUnsupported, "twelve bits", "/in/cat/7.png", 9); },
      [] { throw std::bad_alloc(); },
      [] { throw std::length_error("vector"); }};
  for (size_t i = 0; i < failures.size(); ++i) {
    const fs::path output = folder_ / std::to_string(i);
    PackJob skipping = job(output);
    skipping.inputs = {"/in/"};
    skipping.options.skip_bad_samples = true;
    const auto encode = skipping.encode;
    skipping.encode = [&](uint64_t item, Sample& sample) {
      if (item == 42) failures[i]();
      encode(item, sample);
    };
    run_pack(skipping);
    const PackedDataset dataset(output);
    EXPECT_EQ(dataset.split("").sample_count(), 199u) << i;
    ASSERT_EQ(dataset.manifest().skipped.size(), 1u) << i;
    const SampleNote& note = dataset.manifest().skipped[0];
    EXPECT_EQ(note.name, "item42");
    if (i >= 4) continue;  // no place is known
    EXPECT_EQ(note.file, "cat/7.png");
    EXPECT_EQ(note.offset_bytes, 9u);
  }
}

TEST_F(PackingFaultsTest, ArgumentThatASampleMakesUpIsNotTheUsers) {
  PackJob stopping = job(folder_ / "a");
  stopping.encode = [](uint64_t, Sample&) { throw Error(ErrorCode::kInvalidArgument, "too wide"); };
  try {
    run_pack(stopping);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST_F(PackingFaultsTest, LosingEverySampleIsAFailure) {
  for (uint64_t i = 0; i < items_.size(); ++i)
    bad_.insert(i);
  PackJob skipping = job(folder_ / "a");
  skipping.options.skip_bad_samples = true;
  try {
    run_pack(skipping);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  }
  EXPECT_FALSE(fs::exists(folder_ / "a" / kManifestName));
}

}  // namespace
}  // namespace stoker
