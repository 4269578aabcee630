// Crops of another side in every epoch.
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
    loader.start_epoch(epoch, 0, crop);
    while (const auto batch = loader.next()) {
      EXPECT_EQ((*batch)->crop, crop);
      take(**batch, delivered);
    }
    return delivered;
  }
  static ImageLoaderOptions growing() {
    ImageLoaderOptions options = small_options();
    options.largest_crop = kLargest;
    return options;
  }
  // A loader that has only ever known crops of this side.
  Delivered alone(const PackedSplit& split, ImageLoaderOptions options, uint64_t epoch,
                  int64_t crop) {
    options.crop = crop;
    options.largest_crop = 0;
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
    loader.start_epoch(0, 0, round % 2 == 0 ? kLargest : 5);
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
    loader.start_epoch(0, 0, crop);
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
    EXPECT_THAT([&] { loader.start_epoch(0, 0, crop); },
                testing::Throws<Error>(testing::AllOf(
                    testing::Property(&Error::code, ErrorCode::kInvalidArgument),
                    testing::Property(&Error::message, testing::HasSubstr("a crop of 1 to 40")))));
  }
  ImageLoaderOptions options = small_options();
  options.largest_crop = kCrop - 1;
  EXPECT_THROW(ImageLoader(split, schema(), options), Error);
}

}  // namespace
}  // namespace stoker
