// One buffer of the loader's ring: a batch being filled by many threads, then lent to the consumer.
//
// Life: opened for a step by one worker -> each sample filled by some worker, without locks ->
// closed by the worker that fills the last one -> lent -> free for a later step. Who may touch it
// when is the ring's affair (batch_ring.h); fill_* for different samples may run at once.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/loader/batch_memory.h"
#include "libdata/loader/image_loader.h"
#include "libdata/loader/sample_geometry.h"

namespace stoker {

// A sample that could not be made, and its place in the batch.
struct FailedSample {
  int64_t index;
  uint64_t sample_id;
  Error error;
};

// kRagged: what of an image goes into the batch.
struct RaggedPlan {
  PixelRegion region;       // of the stored image
  SampleGeometry geometry;  // of the crop, in the stored image
  bool is_crop = false;     // the region is too large: the finished crop goes in instead
};

class BatchSlot {
 public:
  BatchSlot(const ImageLoaderOptions& options, size_t buffer_bytes);
  BatchSlot(const BatchSlot&) = delete;
  BatchSlot& operator=(const BatchSlot&) = delete;

  // Forgets the last batch and makes room for `count` samples.
  void open(uint64_t epoch, uint64_t step, uint64_t position_after, int64_t count, int64_t padding);
  // kRagged only, in order of `index`: reserves room for one image.
  void place_image(int64_t index, const RaggedPlan& plan);

  uint8_t* pixels(int64_t index);  // where sample `index` goes
  const RaggedPlan& plan(int64_t index) const { return plans_[static_cast<size_t>(index)]; }
  void set_sample(int64_t index, uint64_t sample_id, int32_t label);
  void fail(int64_t index, uint64_t sample_id, const Error& error);

  // Leaves failed samples out and moves the others together, keeping their order.
  void close();

  const ImageBatch& batch() const { return batch_; }
  const std::vector<FailedSample>& failures() const { return failures_; }  // in order, once closed

 private:
  const ImageLoaderOptions* options_;
  BatchMemory memory_;
  uint64_t used_bytes_ = 0;  // kRagged
  std::vector<int32_t> labels_;
  std::vector<uint64_t> sample_ids_;
  std::vector<RaggedImage> images_;
  std::vector<RaggedPlan> plans_;
  std::mutex failing_;
  std::vector<FailedSample> failures_;
  ImageBatch batch_;
};

// Sizes that follow from the options.
size_t crop_bytes(const ImageLoaderOptions& options);
size_t max_ragged_bytes(const ImageLoaderOptions& options);  // of one image, a multiple of 64
size_t batch_buffer_bytes(const ImageLoaderOptions& options);

}  // namespace stoker
