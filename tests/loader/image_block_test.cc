// That the block of a batch holds all of it, whole after any copy of its bytes.
#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <vector>

#include "tests/loader/aligned_buffers.h"
#include "tests/loader/image_loader_fixture.h"

namespace stoker {
namespace {

class ImageBlock : public ImageLoaderTest {
 protected:
  // Sample 4 is damaged, and 20 are no whole number of batches of 6.
  PackedSplit damaged_split() {
    std::vector<StoredImage> images = mixed_images(20);
    images[4].bytes.resize(images[4].bytes.size() / 2);
    return write_split(images, 20);
  }
  static ImageLoaderOptions skipping() {
    ImageLoaderOptions options = small_options();
    options.on_error = OnError::kSkip;
    options.order = SampleOrder::kSequential;
    return options;
  }
};

template <typename Value>
std::vector<Value> values_at(const Bytes& block, uint64_t offset_bytes, size_t count) {
  EXPECT_EQ(offset_bytes % 64, 0u);
  EXPECT_LE(offset_bytes + count * sizeof(Value), block.size());
  std::vector<Value> values(count);
  std::memcpy(values.data(), block.data() + offset_bytes, count * sizeof(Value));
  return values;
}

template <typename Value>
std::vector<Value> values_of(std::span<const Value> values) {
  return {values.begin(), values.end()};
}

void expect_whole(const ImageBatch& batch, const Bytes& copy) {
  BatchHeader header;
  std::memcpy(&header, copy.data(), sizeof header);
  EXPECT_EQ(header.epoch, batch.epoch);
  EXPECT_EQ(header.step, batch.step);
  EXPECT_EQ(header.position_after, batch.position_after);
  EXPECT_EQ(header.count, batch.count);
  EXPECT_EQ(header.padding, batch.padding);
  EXPECT_EQ(header.block_bytes, copy.size());
  const ImageBlockOffsets& at = batch.block_offsets;
  const auto count = static_cast<size_t>(batch.count);
  EXPECT_EQ(values_at<uint64_t>(copy, at.sample_ids, count), values_of(batch.sample_ids));
  EXPECT_EQ(values_at<int32_t>(copy, at.labels, count), values_of(batch.labels));
  EXPECT_EQ(values_at<uint8_t>(copy, at.pixels, batch.pixels.size()), values_of(batch.pixels));
  EXPECT_EQ(at.pixels + batch.pixels.size(), copy.size());  // nothing is copied that is not used
}

TEST_F(ImageBlock, HoldsTheWholeBatchOfCrops) {
  const PackedSplit split = damaged_split();
  ImageLoader loader(split, schema(), skipping());
  loader.start_epoch(2);
  std::vector<int64_t> counts;
  while (const auto batch = loader.next()) {
    const Bytes copy((*batch)->block.begin(), (*batch)->block.end());
    expect_whole(**batch, copy);
    EXPECT_EQ((*batch)->block_offsets.images, 0u);
    counts.push_back((*batch)->count);
  }
  EXPECT_EQ(counts, (std::vector<int64_t>{5, 6, 6, 2}));
}

TEST_F(ImageBlock, HoldsRaggedImagesAndTheirTable) {
  const PackedSplit split = damaged_split();
  ImageLoaderOptions options = skipping();
  options.delivery = Delivery::kRagged;
  ImageLoader loader(split, schema(), options);
  loader.start_epoch(0);
  while (const auto batch = loader.next()) {
    const Bytes copy((*batch)->block.begin(), (*batch)->block.end());
    expect_whole(**batch, copy);
    const auto count = static_cast<size_t>((*batch)->count);
    const auto table = values_at<RaggedImage>(copy, (*batch)->block_offsets.images, count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(table[i].offset_bytes, (*batch)->images[i].offset_bytes);
      EXPECT_EQ(table[i].height, (*batch)->images[i].height);
      EXPECT_EQ(table[i].width, (*batch)->images[i].width);
      EXPECT_EQ(table[i].box, (*batch)->images[i].box);
      EXPECT_EQ(table[i].flip, (*batch)->images[i].flip);
    }
  }
}

TEST_F(ImageBlock, IsTheCallersMemoryWhole) {
  const PackedSplit split = write_split(mixed_images(12), 12);
  ImageLoaderOptions options = small_options();
  AlignedBuffers buffers;
  options.buffers = buffers.source();
  {
    ImageLoader loader(split, schema(), options);
    EXPECT_EQ(buffers.allocated(), options.batches_in_flight);
    EXPECT_EQ(buffers.allocated_bytes(), loader.buffer_bytes());
    loader.start_epoch(0);
    const auto batch = loader.next();
    EXPECT_EQ((*batch)->block.data(), buffers.first());
    EXPECT_GE((*batch)->pixels.data(), buffers.first());
  }
  EXPECT_EQ(buffers.released(), buffers.allocated());
}

}  // namespace
}  // namespace stoker
