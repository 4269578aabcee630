// What a loader makes of samples whose bytes are damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "libdata/core/error.h"
#include "tests/loader/image_loader_fixture.h"

namespace stoker {
namespace {

class DamagedSample : public ImageLoaderTest {
 protected:
  // Samples 7 and 23 are cut short; 31 is of another size than the index says.
  PackedSplit damaged_split() {
    std::vector<StoredImage> images;
    for (int64_t i = 0; i < 40; ++i)
      images.push_back(stored_jpeg(drawn_image(i, 40, 50, 3)));
    for (const size_t bad : {7u, 23u})
      images[bad].bytes.resize(images[bad].bytes.size() / 2);
    images[31].shape[0] = 41;
    return write_split(images, 16);
  }
};

TEST_F(DamagedSample, StopsAtTheFirstAfterAllBatchesBeforeIt) {
  const PackedSplit split = damaged_split();
  ImageLoaderOptions options = small_options();
  options.order = SampleOrder::kSequential;
  for (const int threads : {1, 8}) {
    options.threads = threads;
    ImageLoader loader(split, schema(), options);
    loader.start_epoch(0);
    EXPECT_EQ((*loader.next())->count, 6);
    try {
      loader.next();
      FAIL() << "sample 7 is damaged";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), testing::HasSubstr("sample_7"));
    }
  }
}

TEST_F(DamagedSample, SkippedLeavesNoPixelsBehindAndIsRecorded) {
  const PackedSplit split = damaged_split();
  ImageLoaderOptions options = small_options();
  const uint64_t kEpoch = 4;
  options.on_error = OnError::kSkip;
  Delivered expected;
  for (const int threads : {1, 5}) {
    options.threads = threads;
    ImageLoader loader(split, schema(), options);
    const Delivered delivered = run_epoch(loader, kEpoch);
    EXPECT_EQ(delivered.ids.size(), 37u);
    for (const uint64_t bad : {7u, 23u, 31u})
      EXPECT_EQ(delivered.pixel_hash.count(bad), 0u);
    if (threads > 1) {
      EXPECT_EQ(delivered.batch_hashes, expected.batch_hashes);
    }
    expected = delivered;
    const std::vector<SkippedSample> skipped = loader.skipped();
    ASSERT_EQ(skipped.size(), 3u);
    EXPECT_EQ(skipped[0].sample_id, 7u);
    EXPECT_EQ(skipped[2].sample_id, 31u);
    EXPECT_EQ(skipped[2].epoch, kEpoch);
    EXPECT_THAT(skipped[2].place, testing::HasSubstr("sample_31"));
    EXPECT_THAT(skipped[2].reason, testing::HasSubstr("41x50x3"));
  }
  // The whole samples are the same as where nothing is damaged.
  std::vector<StoredImage> whole;
  for (int64_t i = 0; i < 40; ++i)
    whole.push_back(stored_jpeg(drawn_image(i, 40, 50, 3)));
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    std::filesystem::remove(entry);
  const Delivered all = run(write_split(whole, 16), options, kEpoch);
  for (const auto& [id, hash] : expected.pixel_hash)
    EXPECT_EQ(hash, all.pixel_hash.at(id));
}

TEST_F(DamagedSample, HashCheckFindsWhatDecodesAllTheSame) {
  const std::vector<StoredImage> images(8, stored_raw(drawn_image(1, 30, 30, 3)));
  { write_split(images, 8); }
  const auto path = folder_ / shard_file_name("train", 0, 1);
  Bytes file = read_file(path);
  file[3000] ^= 1;
  std::vector<ShardReader> shards;
  shards.emplace_back(std::move(file), "train-00000-of-00001.stk");
  const PackedSplit split("train", std::move(shards));
  ImageLoaderOptions options = small_options();
  EXPECT_EQ(run(split, options, 0).ids.size(), 8u);
  options.check_hashes = true;
  options.on_error = OnError::kSkip;
  EXPECT_EQ(run(split, options, 0).ids.size(), 7u);
}

// A byte of the entropy-coded data changed: it decodes, to other pixels.
TEST_F(DamagedSample, JpegsAreCheckedWithoutBeingAskedUnlessItIsRefused) {
  const std::vector<StoredImage> images(8, stored_jpeg(drawn_image(1, 60, 60, 3)));
  Bytes file;
  uint64_t at = 0;
  {
    const PackedSplit whole = write_split(images, 8);
    const BlobView blob = whole.blob(3, 0);
    at = blob.offset_bytes + blob.bytes.size() - 40;
    file = read_file(folder_ / shard_file_name("train", 0, 1));
  }
  file[at] ^= 0x04;
  std::vector<ShardReader> shards;
  shards.emplace_back(std::move(file), "train-00000-of-00001.stk");
  const PackedSplit split("train", std::move(shards));
  ImageLoaderOptions options = small_options();
  options.on_error = OnError::kSkip;
  ImageLoader loader(split, schema(), options);
  EXPECT_EQ(run_epoch(loader, 0).ids.size(), 7u);
  const std::vector<SkippedSample> skipped = loader.skipped();
  ASSERT_EQ(skipped.size(), 1u);
  EXPECT_EQ(skipped[0].place, "train-00000-of-00001.stk: sample 3 'sample_3', field image");
  EXPECT_THAT(
      skipped[0].reason,
      testing::MatchesRegex("at byte [0-9]+: the record's bytes do not match their hash.*"));
  options.check_hashes = HashCheck(false);
  EXPECT_EQ(run(split, options, 0).ids.size(), 8u);
}

TEST_F(DamagedSample, ALabelThatIsNoClassIsDamageOfItsSample) {
  const PackedSplit split = write_split(mixed_images(9), 9);  // labels 0 to 8
  ImageLoaderOptions options = small_options();
  options.class_count = 7;
  EXPECT_THAT([&] { run(split, options, 0); },
              testing::Throws<Error>(testing::AllOf(
                  testing::Property(&Error::code, ErrorCode::kCorrupt),
                  testing::Property(&Error::what, testing::HasSubstr("sample_")),
                  testing::Property(&Error::message, testing::HasSubstr("a label of 0 to 6")))));
  options.on_error = OnError::kSkip;
  EXPECT_EQ(run(split, options, 0).ids.size(), 7u);
}

}  // namespace
}  // namespace stoker
