// One slot of the image loader's ring: a batch of images being filled by many threads, then lent to
// the consumer.
//
// Life: opened for a batch by one worker -> each sample filled by some worker, without locks ->
// closed by the worker that fills the last one -> lent -> free for a later batch. Who may touch it
// when is the ring's affair (batch_ring.h); samples of different index may be filled at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "libdata/loader/batch_block.h"
#include "libdata/loader/image_batch.h"
#include "libdata/loader/image_loader_options.h"
#include "libdata/loader/sample_geometry.h"

namespace stoker {

// kRagged: what of an image goes into the batch.
struct RaggedPlan {
  PixelRegion region;       // of the stored image
  SampleGeometry geometry;  // of the crop, in the stored image
  bool is_crop = false;     // the region is too large: the finished crop goes in instead
};

class ImageSlot {
 public:
  using Batch = ImageBatch;

  explicit ImageSlot(const ImageLoaderOptions& options);
  ImageSlot(const ImageSlot&) = delete;
  ImageSlot& operator=(const ImageSlot&) = delete;

  // Forgets the last batch and makes room for header.count samples.
  void open(const BatchHeader& header, int64_t crop);
  // kRagged only, in order of `index`: reserves room for one image.
  void place_image(int64_t index, const RaggedPlan& plan);

  uint8_t* pixels(int64_t index);  // where sample `index` goes
  const RaggedPlan& plan(int64_t index) const { return plans_[static_cast<size_t>(index)]; }
  void set_sample(int64_t index, uint64_t sample_id, int32_t label);

  // Leaves out the samples of `failed`, in rising order, and moves the others together.
  void close(std::span<const int64_t> failed);

  const ImageBatch& batch() const { return batch_; }

 private:
  const ImageLoaderOptions* options_;
  BatchBlock block_;
  uint64_t ragged_bytes_ = 0;  // kRagged: placed so far
  std::span<uint8_t> pixels_;
  std::span<int32_t> labels_;
  std::span<uint64_t> sample_ids_;
  std::span<RaggedImage> images_;
  std::vector<RaggedPlan> plans_;
  ImageBatch batch_;
};

// Sizes that follow from the options, for crops of one side.
size_t crop_bytes(const ImageLoaderOptions& options, int64_t crop);
size_t max_ragged_bytes(const ImageLoaderOptions& options, int64_t crop);  // of one image
size_t image_block_bytes(const ImageLoaderOptions& options);  // of the largest batch there can be

}  // namespace stoker
