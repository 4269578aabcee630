// Crops of another side, and batches of another size, in every epoch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "libdata/core/error.h"
#include "tests/loader/image_loader_fixture.h"

namespace stoker {
namespace {

constexpr int64_t kLargest = 40;

class ImageCrops : public ImageLoaderTest {
 protected:
  static Delivered run_crop(ImageLoader& loader, uint64_t epoch, int64_t crop) {
    Delivered delivered;
    loader.start_epoch(epoch, 0, {0, crop});
    while (const auto batch = loader.next()) {
      EXPECT_EQ((*batch)->crop, crop);
      take(**batch, delivered);
    }
    return delivered;
  }
  static Delivered run_size(ImageLoader& loader, uint64_t epoch, const ImageBatchSize& size,
                            uint64_t position = 0) {
    Delivered delivered;
    loader.start_epoch(epoch, position, size);
    while (const auto batch = loader.next()) {
      EXPECT_EQ((*batch)->crop, size.crop);
      take(**batch, delivered);
    }
    return delivered;
  }
  static ImageLoaderOptions growing() {
    ImageLoaderOptions options = small_options();
    options.more_sizes = {{0, kLargest}};
    return options;
  }
  // A loader that has only ever known crops of this side.
  Delivered alone(const PackedSplit& split, ImageLoaderOptions options, uint64_t epoch,
                  int64_t crop) {
    options.crop = crop;
    options.more_sizes = {};
    return run(split, options, epoch);
  }
};

TEST_F(ImageCrops, AreThoseOfALoaderOfThatCropWhateverCameBefore) {
  const PackedSplit split = write_split(mixed_images(50), 13);
  for (const bool training : {true, false}) {
    ImageLoaderOptions options = growing();
    options.training = training;
    ImageLoader loader(split, schema(), options);
    uint64_t epoch = 0;
    for (const int64_t crop : {kCrop, int64_t{9}, kLargest, int64_t{33}, int64_t{9}, kCrop}) {
      const Delivered expected = alone(split, options, epoch, crop);
      const Delivered delivered = run_crop(loader, epoch, crop);
      EXPECT_EQ(delivered.ids, expected.ids);
      EXPECT_EQ(delivered.batch_hashes, expected.batch_hashes) << "crop " << crop;
      ++epoch;
    }
  }
}

TEST_F(ImageCrops, AreOfTheOptionsWhereNoneIsNamed) {
  const PackedSplit split = write_split(mixed_images(20), 20);
  ImageLoader loader(split, schema(), growing());
  run_crop(loader, 0, kLargest);
  EXPECT_EQ(run_epoch(loader, 1).batch_hashes, run(split, small_options(), 1).batch_hashes);
}

TEST_F(ImageCrops, MayChangeInAnAbandonedEpoch) {
  const PackedSplit split = write_split(mixed_images(50), 13);
  const ImageLoaderOptions options = growing();
  ImageLoader loader(split, schema(), options);
  for (int round = 0; round < 10; ++round) {
    loader.start_epoch(0, 0, {0, round % 2 == 0 ? kLargest : 5});
    for (int i = 0; i < round % 3; ++i)
      loader.next();
  }
  EXPECT_EQ(run_crop(loader, 1, 21).batch_hashes, alone(split, options, 1, 21).batch_hashes);
}

TEST_F(ImageCrops, RaggedImagesAreCutToTheEpochsSide) {
  const PackedSplit split = write_split({stored_raw(drawn_image(0, 64, 64, 3))}, 1);
  ImageLoaderOptions options = growing();
  options.delivery = Delivery::kRagged;
  options.random_crop.min_scale = 1;  // 64 x 64 pixels: too many for crops of less than 32
  options.random_crop.min_ratio = options.random_crop.max_ratio = 1;
  ImageLoader loader(split, schema(), options);
  for (const auto& [crop, height] : {std::pair{20, 20}, {40, 64}, {31, 31}, {32, 64}}) {
    loader.start_epoch(0, 0, {0, crop});
    const auto batch = loader.next();
    EXPECT_EQ((*batch)->images[0].height, height);
    EXPECT_EQ((*batch)->pixels.size() / 64, (static_cast<size_t>(height * height) * 3 + 63) / 64);
  }
}

// Half the crop, half the shorter side.
TEST_F(ImageCrops, OfEvaluationKeepTheShareOfTheImage) {
  const PackedSplit split = write_split({stored_raw(drawn_image(0, 80, 120, 3))}, 1);
  ImageLoaderOptions options = small_options();
  options.training = false;
  options.crop = 40;
  options.resize_short = 60;
  EXPECT_EQ(resize_short_for(options, 40), 60);
  EXPECT_EQ(resize_short_for(options, 20), 30);
  EXPECT_EQ(resize_short_for(options, 21), 32);  // 31.5
  ImageLoader loader(split, schema(), options);
  ImageLoaderOptions halved = options;
  halved.crop = 20;
  halved.resize_short = 30;
  EXPECT_EQ(run_crop(loader, 0, 20).batch_hashes, run(split, halved, 0).batch_hashes);
}

TEST_F(ImageCrops, LargerThanTheSlotsAreRefused) {
  const PackedSplit split = write_split(mixed_images(2), 2);
  ImageLoader loader(split, schema(), growing());
  for (const int64_t crop : {kLargest + 1, int64_t{-1}}) {
    EXPECT_THAT(
        [&] {
          loader.start_epoch(0, 0, {0, crop});
        },
        testing::Throws<Error>(testing::AllOf(
            testing::Property(&Error::code, ErrorCode::kInvalidArgument),
            testing::Property(&Error::message,
                              testing::HasSubstr("no larger than 6 x 16 or 6 x 40")))));
  }
  ImageLoaderOptions options = small_options();
  for (const ImageBatchSize& size : {ImageBatchSize{0, 16385}, {-1, 0}, {(1 << 20) + 1, 0}}) {
    options.more_sizes = {size};
    EXPECT_THROW(ImageLoader(split, schema(), options), Error);
  }
}

// 50 images: 13 batches of 4, 5 of 10, 1 of 50.
TEST_F(ImageCrops, BatchesOfAnotherSizeHoldTheSameSamplesInTheSameOrder) {
  const PackedSplit split = write_split(mixed_images(50), 13);
  ImageLoaderOptions options = small_options();
  options.more_sizes = {{50, 8}, {10, kLargest}};
  ImageLoader loader(split, schema(), options);
  uint64_t epoch = 0;
  for (const auto& [size, batches] : {std::pair{ImageBatchSize{10, kLargest}, 5u},
                                      {ImageBatchSize{50, 8}, 1u},
                                      {ImageBatchSize{4, kCrop}, 13u},
                                      {ImageBatchSize{10, kLargest}, 5u}}) {
    ImageLoaderOptions only = small_options();
    only.batch_size = size.batch_size;
    only.crop = size.crop;
    const Delivered expected = run(split, only, epoch);
    EXPECT_EQ(expected.batch_hashes.size(), batches);
    EXPECT_EQ(loader.batches_per_epoch(0, size.batch_size), batches);
    const Delivered delivered = run_size(loader, epoch, size);
    EXPECT_EQ(delivered.ids, expected.ids);
    EXPECT_EQ(delivered.batch_hashes, expected.batch_hashes) << size.batch_size;
    // From the middle on, in batches of whatever size the epoch goes on with.
    const Delivered rest = run_size(loader, epoch, size, 20);
    EXPECT_EQ(rest.ids, std::vector(expected.ids.begin() + 20, expected.ids.end()));
    ++epoch;
  }
}

TEST_F(ImageCrops, BuffersAreOfTheLargestProductNotOfTheLargestOfEach) {
  const PackedSplit split = write_split(mixed_images(2), 2);
  ImageLoaderOptions options = small_options();
  options.batches_in_flight = 2;
  options.batch_size = 100;
  options.crop = 10;
  options.more_sizes = {{50, 16}, {10, 40}};
  const size_t bytes = ImageLoader(split, schema(), options).buffer_bytes();
  // Pixels alone: 100 * 10 * 10 * 3, 50 * 16 * 16 * 3 and 10 * 40 * 40 * 3, which is the most;
  // beside them a label and an id of each sample, and what fills up to 64 bytes.
  EXPECT_GE(bytes, 2u * 48000);
  EXPECT_LT(bytes, 2u * (48000 + 100 * 12 + 5 * 64));
}

TEST_F(ImageCrops, ABatchThatTheSlotsDoNotHoldIsRefused) {
  const PackedSplit split = write_split(mixed_images(2), 2);
  ImageLoaderOptions options = small_options();
  options.more_sizes = {{50, 8}, {10, kLargest}};
  ImageLoader loader(split, schema(), options);
  for (const ImageBatchSize& size : {ImageBatchSize{50, 9}, {11, kLargest}, {51, 8}, {-1, 0}}) {
    EXPECT_THROW(loader.start_epoch(0, 0, size), Error) << size.batch_size << " x " << size.crop;
  }
  EXPECT_THROW(loader.batches_per_epoch(0, 51), Error);
  EXPECT_NO_THROW(loader.start_epoch(0, 0, {7, 17}));
}

TEST_F(ImageCrops, RaggedBatchesOfAnotherSizeHaveTheirRoom) {
  const PackedSplit split = write_split(mixed_images(50), 13);
  ImageLoaderOptions options = small_options();
  options.delivery = Delivery::kRagged;
  options.more_sizes = {{50, 8}};
  ImageLoader loader(split, schema(), options);
  loader.start_epoch(0, 0, {50, 8});
  const auto batch = loader.next();
  ASSERT_EQ((*batch)->count, 50);
  ImageLoaderOptions only = small_options();
  only.delivery = Delivery::kRagged;
  only.batch_size = 50;
  only.crop = 8;
  ImageLoader alone(split, schema(), only);
  alone.start_epoch(0);
  const auto expected = alone.next();
  ASSERT_EQ((*batch)->pixels.size(), (*expected)->pixels.size());
  for (size_t i = 0; i < 50; ++i) {
    EXPECT_EQ((*batch)->sample_ids[i], (*expected)->sample_ids[i]);
    EXPECT_EQ((*batch)->images[i].offset_bytes, (*expected)->images[i].offset_bytes);
  }
}

}  // namespace
}  // namespace stoker
