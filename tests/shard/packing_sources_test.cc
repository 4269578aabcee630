// --resume after sources have changed: what was made of them is made again, and nothing else.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/packing_merge.h"
#include "tests/pack_job.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

// Sixty files of 100 to 159 bytes, packed as they are into about eight shards. A file that begins
// with "bad" is refused.
class PackingSourcesTest : public FolderTest {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "in");
    for (size_t i = 0; i < 60; ++i)
      write_source(i, std::string(100 + i, static_cast<char>('a' + i % 26)));
  }

  fs::path source(size_t i) const { return folder_ / "in" / std::to_string(i); }
  void write_source(size_t i, const std::string& text) const {
    write_file_atomically(source(i), text);
  }

  PackJob job(const std::string& output) const {
    PackJob job;
    for (size_t i = 0; i < 60; ++i) {
      const uint64_t size = fs::file_size(source(i));
      job.items.push_back({"item" + std::to_string(i), size, 0, size});
    }
    Field field;
    field.name = "bytes";
    field.axes = "N";
    job.manifest.schema.fields = {field};
    job.manifest.tool = "test";
    job.plan_options.shard_bytes = 1000;
    job.plan = plan_pack(job.items, job.plan_options, job.manifest.schema, {});
    job.options.output = folder_ / output;
    job.options.quiet = true;
    job.options.skip_bad_samples = true;
    job.inputs = {folder_ / "in"};
    job.source_files = [this](uint64_t item) { return std::vector<fs::path>{source(item)}; };
    job.encode = [this](uint64_t item, Sample& sample) {
      sample.buffers.resize(1);
      sample.buffers[0] = read_file(source(item));
      if (as_text(sample.buffers[0]).starts_with("bad")) {
        throw Error(ErrorCode::kCorrupt, "made bad", source(item).string());
      }
      FieldValue value;
      value.bytes = sample.buffers[0];
      value.shape = {static_cast<uint32_t>(value.bytes.size()), 0, 0, 0};
      value.original_shape = value.shape;
      sample.values = {value};
    };
    return job;
  }

  PackReport resume(const std::string& output, bool check_sources = false) const {
    PackJob again = job(output);
    again.options.resume = true;
    again.options.check_sources = check_sources;
    return run_pack(again);
  }

  // By sample name.
  std::map<std::string, std::string> samples(const std::string& output) const {
    const PackedDataset dataset(folder_ / output);
    const PackedSplit& split = dataset.split("");
    std::map<std::string, std::string> found;
    for (uint64_t i = 0; i < split.sample_count(); ++i)
      found[std::string(split.sample_name(i))] = as_text(split.blob(i, 0).bytes);
    return found;
  }

  std::map<std::string, Bytes> shards(const std::string& output) const {
    std::map<std::string, Bytes> files;
    for (const fs::path& path : list_files(folder_ / output))
      if (path.extension() == ".stk") files[path.filename()] = read_file(path);
    return files;
  }

  static size_t differing(const std::map<std::string, Bytes>& a,
                          const std::map<std::string, Bytes>& b) {
    EXPECT_EQ(a.size(), b.size());
    size_t count = 0;
    for (const auto& [name, bytes] : a)
      count += b.count(name) == 1 && b.at(name) == bytes ? 0 : 1;
    return count;
  }
};

TEST_F(PackingSourcesTest, CorrectedSourceIsPackedIntoItsShardAlone) {
  const uint64_t count = run_pack(job("a")).manifest.splits[0].shards.size();
  ASSERT_GE(count, 6u);
  const auto before = shards("a");
  for (const size_t size : {500, 3, 100}) {  // so much larger that a new cut would move every shard
    write_source(17, std::string(size, '!'));
    const PackReport report = resume("a");
    EXPECT_EQ(report.shards_kept, count - 1);
    EXPECT_EQ(report.shards_renewed, 1u);
    EXPECT_EQ(samples("a").at("item17"), std::string(size, '!'));
    EXPECT_EQ(differing(before, shards("a")), 1u);
  }
  EXPECT_EQ(resume("a").shards_kept, count);
}

TEST_F(PackingSourcesTest, RepairedSourceKeepsTheShardsThatNeverHeldIt) {
  write_source(17, "bad");
  write_source(40, "bad");
  const PackReport first = run_pack(job("a"));
  ASSERT_EQ(first.manifest.skipped.size(), 2u);
  EXPECT_EQ(first.manifest.skipped[0].file, first.manifest.skipped[0].name.substr(4));
  write_source(17, std::string(117, 'r'));
  const PackReport report = resume("a");
  EXPECT_EQ(report.shards_renewed, 1u);
  EXPECT_EQ(report.manifest.skipped.size(), 1u);
  EXPECT_EQ(samples("a").size(), 59u);
  EXPECT_EQ(samples("a").at("item17"), std::string(117, 'r'));
}

TEST_F(PackingSourcesTest, SameSizeIsSeenByTimeAndSameTimeByContent) {
  run_pack(job("a"));
  write_source(5, std::string(105, '#'));
  EXPECT_EQ(resume("a").shards_renewed, 1u);
  EXPECT_EQ(samples("a").at("item5"), std::string(105, '#'));

  const auto later = fs::last_write_time(source(5));
  write_source(5, std::string(105, '?'));
  fs::last_write_time(source(5), later);
  EXPECT_EQ(resume("a").shards_renewed, 0u) << "size and time are the same";
  EXPECT_EQ(resume("a", true).shards_renewed, 1u);
  EXPECT_EQ(samples("a").at("item5"), std::string(105, '?'));
  EXPECT_EQ(resume("a", true).shards_renewed, 0u);
}

TEST_F(PackingSourcesTest, YoungerFileOfTheSameBytesIsKept) {
  run_pack(job("a"));
  const auto before = shards("a");
  for (size_t i = 0; i < 60; ++i)
    fs::last_write_time(source(i), fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(resume("a").shards_renewed, 0u);
  EXPECT_EQ(differing(before, shards("a")), 0u);
}

TEST_F(PackingSourcesTest, InterruptedRunGoesOnAfterACorrection) {
  const uint64_t count = run_pack(job("a")).manifest.splits[0].shards.size();
  // As a kill leaves it.
  fs::remove(folder_ / "a" / kManifestName);
  fs::remove(folder_ / "a" / job("a").plan.shards[1].file);
  write_source(17, std::string(900, '!'));
  const PackReport report = resume("a");
  EXPECT_GE(report.shards_kept, count - 2);
  EXPECT_EQ(samples("a").at("item17"), std::string(900, '!'));
  EXPECT_EQ(samples("a").size(), 60u);
}

TEST_F(PackingSourcesTest, WhatPartsKnewLastsThroughTheMerge) {
  run_pack(job("whole"));
  for (uint32_t k = 1; k <= 3; ++k) {
    PackJob part = job("part" + std::to_string(k));
    part.options.part = PackPart{k, 3};
    run_pack(part);
  }
  merge_parts(folder_ / "merged", {folder_ / "part1", folder_ / "part2", folder_ / "part3"});
  EXPECT_EQ(differing(shards("merged"), shards("whole")), 0u);
  write_source(17, std::string(500, '!'));
  EXPECT_EQ(resume("merged").shards_renewed, 1u);
  EXPECT_EQ(samples("merged").at("item17"), std::string(500, '!'));
}

TEST_F(PackingSourcesTest, AddedOrRemovedSourcesAreAnotherPlan) {
  run_pack(job("a"));
  PackJob again = job("a");
  again.items.pop_back();
  again.plan = plan_pack(again.items, again.plan_options, again.manifest.schema, {});
  again.options.resume = true;
  EXPECT_THROW(run_pack(again), Error);
}

TEST_F(PackingSourcesTest, DataSetWithoutARecordIsKeptOnceAndThenKnown) {
  run_pack(job("a"));
  fs::remove_all(folder_ / "a" / ".stoker");
  EXPECT_EQ(resume("a").shards_renewed, 0u);
  write_source(17, std::string(117, '!'));
  EXPECT_EQ(resume("a").shards_renewed, 1u);
  EXPECT_EQ(samples("a").at("item17"), std::string(117, '!'));
}

}  // namespace
}  // namespace stoker
