// The plan is a pure function, and shards come out the same however the work is cut up.
#include "libdata/sample/conversion.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <new>
#include <set>
#include <stdexcept>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/folder_lock.h"
#include "libdata/core/parallel.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/packing_merge.h"
#include "tests/pack_job.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

Schema number_schema() {
  Field field;
  field.name = "number";
  field.axes = "N";
  Schema schema;
  schema.fields = {field};
  return schema;
}

class PackingTest : public FolderTest {
 protected:
  void SetUp() override {
    for (uint64_t i = 0; i < 200; ++i) {
      items_.push_back({"item" + std::to_string(i), 100 + i % 50, 0, i});
    }
    plan_options_.shard_bytes = 3000;
    plan_options_.seed = 5;
  }

  // Item i holds i % 50 + 100 bytes of value i % 256; items listed in bad_ are corrupt.
  PackJob job(const fs::path& output) {
    PackJob job;
    job.items = items_;
    job.plan_options = plan_options_;
    job.manifest.schema = number_schema();
    job.manifest.tool = "test";
    job.plan = plan_pack(items_, plan_options_, job.manifest.schema, {});
    job.options.output = output;
    job.options.quiet = true;
    job.encode = [this](uint64_t item, Sample& sample) {
      sample.source_path = "source";
      sample.source_offset_bytes = item * 1000;
      if (bad_.count(item) != 0) throw Error(ErrorCode::kCorrupt, "made bad");
      sample.buffers.resize(1);
      sample.buffers[0].assign(100 + item % 50, static_cast<uint8_t>(item));
      FieldValue value;
      value.bytes = sample.buffers[0];
      value.shape = {static_cast<uint32_t>(value.bytes.size()), 0, 0, 0};
      value.original_shape = value.shape;
      sample.values = {value};
    };
    return job;
  }

  static std::map<std::string, Bytes> contents(const fs::path& folder) {
    std::map<std::string, Bytes> files;
    for (const fs::path& path : list_files(folder)) {
      files[path.filename().string()] = read_file(path);
    }
    return files;
  }

  std::vector<PlannedItem> items_;
  PlanOptions plan_options_;
  std::set<uint64_t> bad_;
};

TEST_F(PackingTest, PlanHoldsEachItemOnceInShardsNearTheTarget) {
  const PackPlan plan = plan_pack(items_, plan_options_, number_schema(), {});
  std::set<uint64_t> seen;
  for (const PlannedShard& shard : plan.shards) {
    uint64_t bytes = 0;
    for (const uint64_t item : shard.items) {
      EXPECT_TRUE(seen.insert(item).second);
      bytes += items_[item].estimated_bytes;
    }
    EXPECT_NEAR(static_cast<double>(bytes), 24900.0 / 9, 150.0);
  }
  EXPECT_EQ(seen.size(), items_.size());
  EXPECT_EQ(plan.shards.size(), 9u);  // 24,900 bytes
}

TEST_F(PackingTest, PlanGivesEveryShardAnItemEvenWhereOneItemIsHuge) {
  items_.resize(5);
  items_[0].estimated_bytes = 1000000;
  plan_options_.order = PackOrder::kInput;
  for (const PlannedShard& shard : plan_pack(items_, plan_options_, number_schema(), {}).shards) {
    EXPECT_FALSE(shard.items.empty()) << shard.file;
  }
}

// Items of ten shards' size each among small ones: shards used to stay empty in their stead.
TEST_F(PackingTest, PlanOfVeryUnequalItemsLeavesNoShardEmpty) {
  for (const PackOrder order : {PackOrder::kInput, PackOrder::kShuffled}) {
    for (const size_t huge : {0, 50, 199}) {
      plan_options_.order = order;
      items_[huge].estimated_bytes = 30000;
      const PackPlan plan = plan_pack(items_, plan_options_, number_schema(), {});
      size_t items = 0;
      for (const PlannedShard& shard : plan.shards) {
        EXPECT_FALSE(shard.items.empty()) << shard.file;
        EXPECT_EQ(shard.shard_count, plan.shards.size());
        items += shard.items.size();
        uint64_t small = 0;
        for (const uint64_t item : shard.items)
          small += item == huge ? 0 : items_[item].estimated_bytes;
        EXPECT_LE(small, plan_options_.shard_bytes + 150) << shard.file;
      }
      EXPECT_EQ(items, items_.size());
      items_[huge].estimated_bytes = 100;
    }
  }
}

TEST_F(PackingTest, InputOrderIsKept) {
  plan_options_.order = PackOrder::kInput;
  uint64_t next = 0;
  for (const PlannedShard& shard : plan_pack(items_, plan_options_, number_schema(), {}).shards) {
    for (const uint64_t item : shard.items)
      EXPECT_EQ(item, next++);
  }
}

TEST_F(PackingTest, FingerprintChangesWithAnythingThatShapesTheBytes) {
  std::set<uint64_t> prints;
  prints.insert(plan_pack(items_, plan_options_, number_schema(), {}).fingerprint);
  prints.insert(plan_pack(items_, plan_options_, number_schema(), {{"quality", "90"}}).fingerprint);
  plan_options_.seed = 6;
  prints.insert(plan_pack(items_, plan_options_, number_schema(), {}).fingerprint);
  items_[3].content_key = 99;
  prints.insert(plan_pack(items_, plan_options_, number_schema(), {}).fingerprint);
  EXPECT_EQ(prints.size(), 4u);
}

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

TEST_F(PackingTest, ResumeKeepsFinishedShardsAndEndsWithTheSameBytes) {
  run_pack(job(folder_ / "whole"));
  run_pack(job(folder_ / "cut"));
  // As a kill leaves it: no manifest, one shard missing, one half written.
  const std::vector<fs::path> files = list_files(folder_ / "cut");
  fs::remove(folder_ / "cut" / kManifestName);
  fs::remove(files[2]);
  fs::rename(files[4], files[4].string() + ".tmp");
  PackJob again = job(folder_ / "cut");
  again.options.resume = true;
  const PackReport report = run_pack(again);
  EXPECT_EQ(report.shards_kept, again.plan.shards.size() - 2);
  EXPECT_EQ(contents(folder_ / "cut"), contents(folder_ / "whole"));
}

TEST_F(PackingTest, ResumePacksADamagedShardAgain) {
  run_pack(job(folder_ / "whole"));
  run_pack(job(folder_ / "cut"));
  const fs::path victim = list_files(folder_ / "cut")[1];
  Bytes bytes = read_file(victim);
  bytes[100] ^= 1;
  write_file_atomically(victim, bytes);
  PackJob again = job(folder_ / "cut");
  again.options.resume = true;
  run_pack(again);
  EXPECT_EQ(contents(folder_ / "cut"), contents(folder_ / "whole"));
}

TEST_F(PackingTest, ResumeOfAnotherPlanIsRefused) {
  run_pack(job(folder_ / "a"));
  plan_options_.seed = 6;
  PackJob other = job(folder_ / "a");
  other.options.resume = true;
  EXPECT_THROW(run_pack(other), Error);
}

TEST_F(PackingTest, ResumeOfAPlanWithOtherShardNamesIsRefused) {
  run_pack(job(folder_ / "a"));
  const auto before = contents(folder_ / "a");
  plan_options_.shard_bytes = 2000;  // so many more shards that no name is the same
  PackJob other = job(folder_ / "a");
  other.options.resume = true;
  EXPECT_THROW(run_pack(other), Error);
  EXPECT_EQ(contents(folder_ / "a"), before);
}

TEST_F(PackingTest, ResumeMendsDamageAnywhereInAShard) {
  run_pack(job(folder_ / "whole"));
  run_pack(job(folder_ / "cut"));
  const fs::path victim = list_files(folder_ / "cut")[1];
  const Bytes whole = read_file(victim);
  // Every 29th byte: header, records, padding, index, names, JSON, footer.
  for (size_t at = 0; at < whole.size(); at += 29) {
    Bytes bytes = whole;
    bytes[at] ^= 1;
    write_file_atomically(victim, bytes);
    PackJob again = job(folder_ / "cut");
    again.options.resume = true;
    run_pack(again);
    ASSERT_EQ(read_file(victim), whole) << "byte " << at;
  }
  EXPECT_EQ(contents(folder_ / "cut"), contents(folder_ / "whole"));
}

TEST_F(PackingTest, ResumeUnderStopPacksAShardAgainThatLeftSamplesOut) {
  bad_ = {42};
  PackJob skipping = job(folder_ / "a");
  skipping.options.skip_bad_samples = true;
  run_pack(skipping);
  PackJob stopping = job(folder_ / "a");
  stopping.options.resume = true;
  EXPECT_THROW(run_pack(stopping), Error);
  bad_ = {};  // the source was mended
  run_pack(stopping);
  EXPECT_EQ(PackedDataset(folder_ / "a").split("").sample_count(), 200u);
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

// A second process on the same folder must not publish or cut short what the first still writes.
TEST_F(PackingTest, AShardThatIsBeingWrittenElsewhereIsNotTouched) {
  fs::create_directories(folder_ / "a");
  const PackJob first = job(folder_ / "a");
  const fs::path shard = folder_ / "a" / first.plan.shards[0].file;
  AtomicFile elsewhere(shard);
  elsewhere.write(as_bytes("half of"));
  try {
    run_pack(job(folder_ / "a"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_NE(std::string(error.what()).find("another process"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(folder_ / "a" / kManifestName));
  elsewhere.write(as_bytes(" a shard"));
  elsewhere.finish();
  EXPECT_EQ(read_text_file(shard), "half of a shard");
}

TEST_F(PackingTest, AnExistingDataSetIsNotOverwrittenUnasked) {
  run_pack(job(folder_ / "a"));
  EXPECT_THROW(run_pack(job(folder_ / "a")), Error);
  PackJob forced = job(folder_ / "a");
  forced.options.force = true;
  EXPECT_NO_THROW(run_pack(forced));
}

TEST_F(PackingTest, BadSampleStopsTheRunAndPublishesNoManifest) {
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
TEST_F(PackingTest, AFailureInOneShardPublishesNoOtherShardCutShort) {
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

TEST_F(PackingTest, SkippedSamplesAreRecordedWithPlaceAndReason) {
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
TEST_F(PackingTest, ErrorOfAnyClassInOneSampleIsSkipped) {
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

TEST_F(PackingTest, ArgumentThatASampleMakesUpIsNotTheUsers) {
  PackJob stopping = job(folder_ / "a");
  stopping.encode = [](uint64_t, Sample&) { throw Error(ErrorCode::kInvalidArgument, "too wide"); };
  try {
    run_pack(stopping);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST_F(PackingTest, LosingEverySampleIsAFailure) {
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

TEST_F(PackingTest, FolderThatAnotherProgramWritesToIsRefused) {
  fs::create_directories(folder_ / "a");
  const FolderLock lock(folder_ / "a", "train");
  try {
    run_pack(job(folder_ / "a"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("train (process"), std::string::npos);
  }
  EXPECT_EQ(list_files(folder_ / "a").size(), 1u) << "the lock alone";
}

TEST_F(PackingTest, WhatAKilledRunLeftHalfWrittenIsRemoved) {
  run_pack(job(folder_ / "whole"));
  fs::create_directories(folder_ / "a");
  for (const char* name : {"train-00003-of-00009.stk.tmp", "train-00003-of-00017.stk.tmp",
                           "dataset.json.tmp", "notes.tmp"}) {
    write_file_atomically(folder_ / "a" / name, "half");
  }
  run_pack(job(folder_ / "a"));
  EXPECT_TRUE(fs::exists(folder_ / "a" / "notes.tmp")) << "not ours";
  fs::remove(folder_ / "a" / "notes.tmp");
  EXPECT_EQ(contents(folder_ / "a"), contents(folder_ / "whole"));
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

TEST(PackPart, ParsesKOfN) {
  EXPECT_EQ(parse_pack_part("2/8").index, 2u);
  EXPECT_EQ(parse_pack_part("8/8").count, 8u);
  for (const char* text : {"0/8", "9/8", "2", "2/", "/8", "2/8x", "-1/8", ""}) {
    EXPECT_THROW(parse_pack_part(text), Error) << text;
  }
}

}  // namespace
}  // namespace stoker
