// A folder that holds something already: a run that was killed, a data set, another program at
// work.
#include <gtest/gtest.h>

#include "libdata/core/folder_lock.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/shard/packing_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using PackingResumeTest = PackingTest;

TEST_F(PackingResumeTest, ResumeKeepsFinishedShardsAndEndsWithTheSameBytes) {
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

TEST_F(PackingResumeTest, ResumePacksADamagedShardAgain) {
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

TEST_F(PackingResumeTest, ResumeOfAnotherPlanIsRefused) {
  run_pack(job(folder_ / "a"));
  plan_options_.seed = 6;
  PackJob other = job(folder_ / "a");
  other.options.resume = true;
  EXPECT_THROW(run_pack(other), Error);
}

TEST_F(PackingResumeTest, ResumeOfAPlanWithOtherShardNamesIsRefused) {
  run_pack(job(folder_ / "a"));
  const auto before = contents(folder_ / "a");
  plan_options_.shard_bytes = 2000;  // so many more shards that no name is the same
  PackJob other = job(folder_ / "a");
  other.options.resume = true;
  EXPECT_THROW(run_pack(other), Error);
  EXPECT_EQ(contents(folder_ / "a"), before);
}

TEST_F(PackingResumeTest, ResumeMendsDamageAnywhereInAShard) {
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

TEST_F(PackingResumeTest, ResumeUnderStopPacksAShardAgainThatLeftSamplesOut) {
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

// A second process on the same folder must not publish or cut short what the first still writes.
TEST_F(PackingResumeTest, AShardThatIsBeingWrittenElsewhereIsNotTouched) {
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

TEST_F(PackingResumeTest, AnExistingDataSetIsNotOverwrittenUnasked) {
  run_pack(job(folder_ / "a"));
  EXPECT_THROW(run_pack(job(folder_ / "a")), Error);
  PackJob forced = job(folder_ / "a");
  forced.options.force = true;
  EXPECT_NO_THROW(run_pack(forced));
}

TEST_F(PackingResumeTest, FolderThatAnotherProgramWritesToIsRefused) {
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

TEST_F(PackingResumeTest, WhatAKilledRunLeftHalfWrittenIsRemoved) {
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

}  // namespace
}  // namespace stoker
