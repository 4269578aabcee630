// Streams a split of packed images as batches: crops ready for the model, or ragged pixels for a
// device that crops by itself.
//
// Worker threads (never processes) decode into a fixed ring of reused, aligned buffers. What a
// sample looks like depends on (data set, seed, epoch, crop, sample id) alone: not on threads,
// ranks, batch size, the sizes of other epochs, or where the epoch was resumed.
//
//   ImageLoader loader(dataset.split("train"), dataset.schema(), {.batch_size = 256, .crop = 224});
//   loader.start_epoch(0);
//   while (const std::optional<BatchLease> batch = loader.next()) train_on((*batch)->pixels, ...);
//
// Thread-safety: one thread calls the loader's functions; leases may be released on any thread.
// Ownership: the split must outlive the loader, the loader its leases. Memory: batches_in_flight
// buffers of a size fixed by the options, and per thread the rows it is working on (a progressive
// JPEG also needs its coefficients: 6 bytes a pixel), 8 bytes a sample for the epoch's order.
// Errors: next() throws the Error of the first bad sample, in order of the epoch, after all batches
// before it were delivered (on_error stop). With skip a bad sample is left out of its batch, which
// is then smaller, and is recorded in skipped(); nothing takes its place.
// Not supported: more than 3 channels, more than 8 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "libdata/loader/image_batch.h"
#include "libdata/loader/image_loader_options.h"
#include "libdata/loader/lease.h"
#include "libdata/loader/stage_times.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

using BatchLease = Lease<ImageBatch>;

class ImageLoader {
 public:
  ImageLoader(const PackedSplit& split, const Schema& schema, const ImageLoaderOptions& options);
  ~ImageLoader();
  ImageLoader(const ImageLoader&) = delete;
  ImageLoader& operator=(const ImageLoader&) = delete;

  // Begins an epoch at a position (epoch_order.h), abandoning one that is under way. What leases of
  // before show changes from now on, so that a copy out of one must be done; they may be released
  // at any time. `size`: of this epoch's batches, in both no larger than one that the options name
  // (InvalidArgument); 0: the options' batch_size or crop.
  void start_epoch(uint64_t epoch, uint64_t position = 0, ImageBatchSize size = {});
  // Batches in an epoch begun at `position`; the same on every rank. `batch_size`: as above.
  uint64_t batches_per_epoch(uint64_t position = 0, int64_t batch_size = 0) const;

  // The next batch, in order; nothing once the epoch is over.
  std::optional<BatchLease> next();

  StageTimes times() const;                    // since the loader was made
  std::vector<SkippedSample> skipped() const;  // in order of epoch and sample id
  size_t buffer_bytes() const;                 // of all batch buffers together

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
