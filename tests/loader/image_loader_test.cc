#include "libdata/loader/image_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/image/crop_resize.h"
#include "tests/loader/image_loader_fixture.h"

namespace stoker {
namespace {

TEST_F(ImageLoaderTest, GivesTheSameBatchesForAnyNumberOfThreads) {
  const PackedSplit split = write_split(mixed_images(50), 13);
  ImageLoaderOptions options = small_options();
  options.threads = 1;
  const Delivered expected = run(split, options, 3);
  EXPECT_EQ(expected.ids.size(), 50u);
  for (const int threads : {2, 3, 7, 16, 64}) {
    options.threads = threads;
    for (const size_t in_flight : {2u, 5u}) {
      options.batches_in_flight = in_flight;
      const Delivered again = run(split, options, 3);
      EXPECT_EQ(again.ids, expected.ids);
      EXPECT_EQ(again.batch_hashes, expected.batch_hashes);
    }
  }
}

TEST_F(ImageLoaderTest, EachEpochAndSeedIsAnotherOrderAndOtherCrops) {
  const PackedSplit split = write_split(mixed_images(50), 50);
  ImageLoaderOptions options = small_options();
  const Delivered first = run(split, options, 0);
  const Delivered second = run(split, options, 1);
  options.seed = 43;
  const Delivered other_seed = run(split, options, 0);
  EXPECT_NE(first.ids, second.ids);
  EXPECT_NE(first.ids, other_seed.ids);
  int same = 0;
  for (uint64_t id = 0; id < 50; ++id)
    same += first.pixel_hash.at(id) == second.pixel_hash.at(id);
  EXPECT_LT(same, 5);
}

TEST_F(ImageLoaderTest, RanksShareTheEpochAndPixelsDoNotDependOnThem) {
  const PackedSplit split = write_split(mixed_images(53), 20);
  ImageLoaderOptions options = small_options();
  const Delivered alone = run(split, options, 5);
  for (uint32_t world = 1; world <= 8; ++world) {
    options.world_size = world;
    std::multiset<uint64_t> seen;
    std::set<uint64_t> batch_counts;
    for (uint32_t rank = 0; rank < world; ++rank) {
      options.rank = rank;
      const Delivered part = run(split, options, 5);
      batch_counts.insert(part.batch_hashes.size());
      seen.insert(part.ids.begin(), part.ids.end());
      for (const auto& [id, hash] : part.pixel_hash)
        EXPECT_EQ(hash, alone.pixel_hash.at(id));
    }
    EXPECT_EQ(batch_counts.size(), 1u);
    EXPECT_EQ(seen.size(), 53u);
    EXPECT_EQ(std::set<uint64_t>(seen.begin(), seen.end()).size(), 53u);
  }
}

TEST_F(ImageLoaderTest, ResumesInMidEpochAlsoWithAnotherNumberOfRanks) {
  const PackedSplit split = write_split(mixed_images(60), 25);
  ImageLoaderOptions options = small_options();
  const Delivered whole = run(split, options, 2);
  for (const uint32_t before : {1u, 2u, 3u})
    for (const uint32_t after : {1u, 2u, 4u}) {
      std::multiset<uint64_t> seen;
      std::map<uint64_t, uint64_t> pixel_hash;
      uint64_t position = 0;
      options.world_size = before;
      for (uint32_t rank = 0; rank < before; ++rank) {
        options.rank = rank;
        ImageLoader loader(split, schema(), options);
        loader.start_epoch(2);
        Delivered delivered;
        for (int step = 0; step < 2; ++step) {
          const auto batch = loader.next();
          take(**batch, delivered);
          position = (*batch)->position_after;
        }
        seen.insert(delivered.ids.begin(), delivered.ids.end());
        pixel_hash.merge(delivered.pixel_hash);
      }
      options.world_size = after;
      for (uint32_t rank = 0; rank < after; ++rank) {
        options.rank = rank;
        Delivered delivered = run(split, options, 2, position);
        seen.insert(delivered.ids.begin(), delivered.ids.end());
        pixel_hash.merge(delivered.pixel_hash);
      }
      EXPECT_EQ(seen.size(), 60u) << before << " ranks, then " << after;
      EXPECT_EQ(pixel_hash, whole.pixel_hash);
    }
}

TEST_F(ImageLoaderTest, AnAbandonedEpochLeavesNoTrace) {
  const PackedSplit split = write_split(mixed_images(60), 25);
  const ImageLoaderOptions options = small_options();
  const Delivered expected = run(split, options, 1);
  ImageLoader loader(split, schema(), options);
  for (int round = 0; round < 20; ++round) {
    loader.start_epoch(0);
    for (int i = 0; i < round % 4; ++i)
      loader.next();
  }
  EXPECT_EQ(run_epoch(loader, 1).batch_hashes, expected.batch_hashes);
}

TEST_F(ImageLoaderTest, TailIsDroppedOrPaddedWhenAsked) {
  const PackedSplit split = write_split(mixed_images(20), 20);
  ImageLoaderOptions options = small_options();
  options.world_size = 2;
  options.tail = EpochTail::kDrop;
  EXPECT_EQ(run(split, options, 0).ids.size(), 6u);
  options.tail = EpochTail::kPad;
  std::multiset<uint64_t> seen;
  for (options.rank = 0; options.rank < 2; ++options.rank) {
    ImageLoader loader(split, schema(), options);
    loader.start_epoch(0);
    while (const auto batch = loader.next()) {
      EXPECT_EQ((*batch)->count, 6);
      for (int64_t i = 0; i < (*batch)->count - (*batch)->padding; ++i)
        seen.insert((*batch)->sample_ids[static_cast<size_t>(i)]);
    }
  }
  EXPECT_EQ(seen.size(), 20u);
}

TEST_F(ImageLoaderTest, SomeLeasesMayBeHeldWhileOthersAreFetched) {
  const PackedSplit split = write_split(mixed_images(40), 40);
  ImageLoaderOptions options = small_options();
  options.batches_in_flight = 4;
  ImageLoader loader(split, schema(), options);
  loader.start_epoch(0);
  auto a = loader.next();
  auto b = loader.next();
  auto c = loader.next();
  const uint64_t before = xxh3_64((*b)->pixels);
  a.reset();
  const auto d = loader.next();
  EXPECT_EQ((*d)->step, 3u);
  EXPECT_EQ(xxh3_64((*b)->pixels), before);
}

TEST_F(ImageLoaderTest, EvaluationTakesTheCentreInStoredOrder) {
  const Image image = drawn_image(0, 64, 48, 3);
  const PackedSplit split = write_split({stored_raw(image), stored_raw(image)}, 2);
  ImageLoaderOptions options = small_options();
  options.training = false;
  options.order = SampleOrder::kSequential;
  options.resize_short = 20;
  ImageLoader loader(split, schema(), options);
  loader.start_epoch(0);
  const auto batch = loader.next();
  Bytes expected(kCrop * kCrop * 3);
  CropResizer resizer;
  crop_and_resize(image, resize_center_crop({64, 48}, 20, kCrop), false, {kCrop, kCrop}, resizer,
                  expected.data());
  EXPECT_EQ(Bytes((*batch)->pixels.begin(), (*batch)->pixels.begin() + kCrop * kCrop * 3),
            expected);
  EXPECT_EQ((*batch)->sample_ids[1], 1u);
}

TEST_F(ImageLoaderTest, GivesGrayWhereOneChannelIsAskedFor) {
  const PackedSplit split = write_split(mixed_images(10), 10);
  ImageLoaderOptions options = small_options();
  options.channels = Channels::kGray;
  EXPECT_EQ(run(split, options, 0).ids.size(), 10u);
}

// --- the way to the device -------------------------------------------------------------------

TEST_F(ImageLoaderTest, RaggedImagesHoldWhatTheCropNeeds) {
  const PackedSplit split = write_split(mixed_images(50), 13);
  ImageLoaderOptions options = small_options();
  const Delivered crops = run(split, options, 3);
  options.delivery = Delivery::kRagged;
  options.max_ragged_image_bytes = 30 * 30 * 3;  // so that some come cut to size
  ImageLoader loader(split, schema(), options);
  loader.start_epoch(3);
  size_t samples = 0;
  while (const auto batch = loader.next()) {
    ASSERT_EQ((*batch)->images.size(), static_cast<size_t>((*batch)->count));
    for (size_t i = 0; i < (*batch)->images.size(); ++i, ++samples) {
      const RaggedImage& ragged = (*batch)->images[i];
      EXPECT_EQ(ragged.offset_bytes % 64, 0u);
      Image image{ragged.height, ragged.width, 3, {}};
      const auto pixels = (*batch)->pixels.subspan(
          ragged.offset_bytes, static_cast<size_t>(ragged.height * ragged.width * 3));
      image.pixels.assign(pixels.begin(), pixels.end());
      Bytes crop(kCrop * kCrop * 3);
      CropResizer resizer;
      crop_and_resize(image, ragged.box, ragged.flip, {kCrop, kCrop}, resizer, crop.data());
      EXPECT_EQ(xxh3_64(crop), crops.pixel_hash.at((*batch)->sample_ids[i]));
    }
  }
  EXPECT_EQ(samples, 50u);
}

TEST_F(ImageLoaderTest, ReadsTheSameBatchesByEveryWayOfIo) {
  const PackedSplit split = write_split(mixed_images(30), 7);
  ImageLoaderOptions options = small_options();
  const Delivered expected = run(split, options, 0);
  options.io = IoMode::kPread;
  EXPECT_EQ(run(split, options, 0).batch_hashes, expected.batch_hashes);
  options.order = SampleOrder::kWindow;
  options.window_samples = 8;
  for (const IoMode io : {IoMode::kMmap, IoMode::kPread}) {
    options.io = io;
    EXPECT_EQ(run(split, options, 0).pixel_hash, expected.pixel_hash);
  }
  options.order = SampleOrder::kRandom;
  options.io = IoMode::kDirect;
  try {
    EXPECT_EQ(run(split, options, 0).batch_hashes, expected.batch_hashes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo) throw;
    GTEST_SKIP() << "no O_DIRECT on this file system: " << error.what();
  }
}

TEST_F(ImageLoaderTest, RefusesOptionsThatMakeNoSense) {
  const PackedSplit split = write_split(mixed_images(2), 2);
  const auto refused = [&](auto change) {
    ImageLoaderOptions options = small_options();
    change(options);
    EXPECT_THROW(ImageLoader(split, schema(), options), Error);
  };
  refused([](auto& o) { o.batch_size = 0; });
  refused([](auto& o) { o.crop = 0; });
  refused([](auto& o) { o.rank = 1; });
  refused([](auto& o) { o.batches_in_flight = 1; });
  refused([](auto& o) { o.channels = Channels::kAsStored; });
  refused([](auto& o) { o.image_field = "picture"; });
  refused([](auto& o) { o.image_field = "label"; });
  refused([](auto& o) { o.resize_short = kCrop - 1; });
}

}  // namespace
}  // namespace stoker
