// What ImageLoader gives its ring (ring_loader.h): crops or ragged pixels of a split's images.
//
// Thread-safety: as ring_loader.h says. Ownership: the split must outlive it. Errors: of one
// sample: Corrupt, Unsupported, Io; InvalidArgument where the fields are no images and labels.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libdata/loader/image_batch.h"
#include "libdata/loader/image_loader_options.h"
#include "libdata/loader/image_slot.h"
#include "libdata/loader/read_ahead.h"
#include "libdata/loader/ring_loader.h"
#include "libdata/loader/sample_maker.h"
#include "libdata/loader/sample_reader.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

class ImageBatchMaker {
 public:
  struct Worker {
    Worker(const SampleFiles& files, const ImageLoaderOptions& options)
        : reader(files, options), maker(options) {}
    SampleReader reader;
    SampleMaker maker;
  };
  using SampleSize = int64_t;  // crop

  // For checked options.
  ImageBatchMaker(const PackedSplit& split, const Schema& schema,
                  const ImageLoaderOptions& options);

  Worker make_worker() const { return Worker(files_, options_); }
  ImageSlot make_slot() const { return ImageSlot(options_); }
  size_t block_bytes() const { return image_block_bytes(options_); }

  uint64_t sample_count() const { return split_->sample_count(); }
  std::vector<uint64_t> order(uint64_t epoch) const;
  void start_epoch(uint64_t epoch, int64_t crop);
  void open(ImageSlot& slot, const BatchHeader& header, const BatchSamples& samples);
  void make(Worker& worker, ImageSlot& slot, int64_t index, uint64_t sample_id, StageTimes& spent);
  FailedSample failed(const Worker& worker, int64_t index, uint64_t sample_id,
                      const Error& error) const;
  ImageBatch empty_batch() const;

 private:
  int32_t label_of(uint64_t sample_id) const;
  RaggedPlan plan_ragged(const BlobView& blob, const SampleGeometry& geometry) const;

  const PackedSplit* split_;
  const ImageLoaderOptions options_;
  const size_t image_field_;
  const std::optional<size_t> label_field_;
  const SampleFiles files_;
  ReadAhead read_ahead_;
  uint64_t epoch_ = 0;
  int64_t crop_ = 0;  // of this epoch
};

}  // namespace stoker
