// That the block of a batch of patches holds all of it, whole after any copy of its bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "tests/loader/aligned_buffers.h"
#include "tests/loader/patch_loader_fixture.h"

namespace stoker {
namespace {

class PatchBlock : public PatchLoaderTest {
 protected:
  // Patches of volume 1, whose labels are no labels, are left out.
  PackedSplit damaged_split() {
    std::vector<DrawnVolume> volumes = drawn_volumes();
    std::fill(volumes[1].label.begin(), volumes[1].label.end(), uint8_t{3});
    label_content_ = BrickContent::kIntensity;
    return write_split(volumes);
  }
  static PatchLoaderOptions skipping(PatchInput input) {
    PatchLoaderOptions options = small_options(input);
    options.sampling.sampling = PatchSampling::kUniform;
    options.on_error = OnError::kSkip;
    return options;
  }
};

// `values`, a view of the batch, lie at an offset of the copied block.
template <typename Value>
void expect_at(const Bytes& copy, uint64_t offset_bytes, std::span<const Value> values,
               const char* what) {
  EXPECT_EQ(offset_bytes % 64, 0u) << what;
  ASSERT_LE(offset_bytes + values.size_bytes(), copy.size()) << what;
  EXPECT_EQ(std::memcmp(copy.data() + offset_bytes, values.data(), values.size_bytes()), 0) << what;
}

void expect_whole(const PatchBatch& batch) {
  const Bytes copy(batch.block.begin(), batch.block.end());
  BatchHeader header;
  std::memcpy(&header, copy.data(), sizeof header);
  EXPECT_EQ(header.step, batch.step);
  EXPECT_EQ(header.count, batch.count);
  EXPECT_EQ(header.block_bytes, copy.size());
  const PatchBlockOffsets& at = batch.block_offsets;
  expect_at(copy, at.factor, batch.factor, "factor");
  expect_at(copy, at.offset, batch.offset, "offset");
  expect_at(copy, at.places, batch.places, "places");
  expect_at(copy, at.input, batch.image, "image");
  expect_at(copy, at.input, batch.features, "features");
  expect_at(copy, at.label, batch.label, "label");
  expect_at(copy, at.distance, batch.distance, "distance");
  EXPECT_EQ(at.distance + batch.distance.size(), copy.size());
}

TEST_F(PatchBlock, HoldsTheWholeBatchAlsoWhereSomeWereLeftOut) {
  const PackedSplit split = damaged_split();
  for (const PatchInput input : {PatchInput::kImage, PatchInput::kComputedFeatures}) {
    PatchLoader loader(split, schema(), skipping(input));
    loader.start_epoch(0);
    int64_t patches = 0;
    while (const auto batch = loader.next()) {
      expect_whole(**batch);
      patches += (*batch)->count;
    }
    EXPECT_EQ(patches, 14);  // of 21
  }
}

TEST_F(PatchBlock, HasNoArraysThatWereNotAskedFor) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoaderOptions options = small_options();
  options.with_distance = false;
  PatchLoader loader(split, schema(), options);
  loader.start_epoch(0);
  const auto batch = loader.next();
  EXPECT_EQ((*batch)->block_offsets.distance, 0u);
  EXPECT_EQ((*batch)->block_offsets.label + (*batch)->label.size(), (*batch)->block.size());
}

TEST_F(PatchBlock, IsTheCallersMemoryWhole) {
  const PackedSplit split = write_split(drawn_volumes());
  PatchLoaderOptions options = small_options();
  AlignedBuffers buffers;
  options.buffers = buffers.source();
  {
    PatchLoader loader(split, schema(), options);
    EXPECT_EQ(buffers.allocated_bytes(), loader.buffer_bytes());
    loader.start_epoch(0);
    EXPECT_EQ((*loader.next())->block.data(), buffers.first());
  }
  EXPECT_EQ(buffers.released(), buffers.allocated());
}

}  // namespace
}  // namespace stoker
