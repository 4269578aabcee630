// Runs epochs of an image loader and keeps what came: for tests of what it delivers.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "libdata/core/hash.h"
#include "libdata/loader/image_loader.h"
#include "tests/loader/image_split_fixture.h"

namespace stoker {

inline constexpr int64_t kCrop = 16;

// What one epoch gave: the samples in order, and for each its pixels' hash.
struct Delivered {
  std::vector<uint64_t> ids;
  std::map<uint64_t, uint64_t> pixel_hash;
  std::vector<uint64_t> batch_hashes;
};

inline void take(const ImageBatch& batch, Delivered& delivered) {
  const size_t sample_bytes = static_cast<size_t>(batch.crop * batch.crop * batch.channels);
  ASSERT_EQ(batch.pixels.size(), static_cast<size_t>(batch.count) * sample_bytes);
  delivered.batch_hashes.push_back(xxh3_64(batch.pixels));
  for (size_t i = 0; i < static_cast<size_t>(batch.count - batch.padding); ++i) {
    const uint64_t id = batch.sample_ids[i];
    delivered.ids.push_back(id);
    delivered.pixel_hash[id] = xxh3_64(batch.pixels.subspan(i * sample_bytes, sample_bytes));
    EXPECT_EQ(batch.labels[i], static_cast<int32_t>(id));
  }
}

inline Delivered run_epoch(ImageLoader& loader, uint64_t epoch, uint64_t position = 0) {
  Delivered delivered;
  loader.start_epoch(epoch, position);
  uint64_t batches = 0;
  while (const auto batch = loader.next()) {
    take(*batch->operator->(), delivered);
    ++batches;
  }
  EXPECT_EQ(batches, loader.batches_per_epoch(position));
  return delivered;
}

inline ImageLoaderOptions small_options() {
  ImageLoaderOptions options;
  options.batch_size = 6;
  options.crop = kCrop;
  options.seed = 42;
  options.threads = 3;
  return options;
}

class ImageLoaderTest : public ImageSplitTest {
 protected:
  Delivered run(const PackedSplit& split, const ImageLoaderOptions& options, uint64_t epoch,
                uint64_t position = 0) {
    ImageLoader loader(split, schema(), options);
    return run_epoch(loader, epoch, position);
  }
};

}  // namespace stoker
