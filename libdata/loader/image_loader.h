// Streams a split of packed images as batches: crops ready for the model, or ragged pixels for a
// device that crops by itself.
//
// Worker threads (never processes) decode into a fixed ring of reused, aligned buffers. What a
// sample looks like depends on (data set, seed, epoch, sample id) alone: not on threads, ranks,
// batch size, or where the epoch was resumed.
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
#include <span>
#include <string>
#include <vector>

#include "libdata/core/hash.h"
#include "libdata/image/crop_geometry.h"
#include "libdata/image/pixel_convert.h"
#include "libdata/loader/batch_ring.h"
#include "libdata/loader/epoch_order.h"
#include "libdata/loader/loader_options.h"
#include "libdata/loader/stage_times.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

enum class Delivery : uint8_t {
  kCrops,   // NHWC uint8, cropped, resized and flipped on the CPU
  kRagged,  // stored pixels around each crop, one after another, and what to cut out of them
};

struct ImageLoaderOptions {
  int64_t batch_size = 256;            // on this rank
  int64_t crop = 224;                  // side of the square the model sees
  Channels channels = Channels::kRgb;  // kRgb or kGray
  Delivery delivery = Delivery::kCrops;

  bool training = true;  // random resized crop and flip; else resize the shorter side, centre crop
  RandomResizedCrop random_crop = {};
  double flip_probability = 0.5;
  int64_t resize_short = 0;  // evaluation; 0: crop * 256 / 224, rounded

  uint64_t seed = 0;
  SampleOrder order = SampleOrder::kRandom;
  uint64_t window_samples = 16384;  // for SampleOrder::kWindow
  EpochTail tail = EpochTail::kShort;
  uint32_t rank = 0;
  uint32_t world_size = 1;

  int threads = 0;               // 0: all cores
  size_t batches_in_flight = 4;  // being filled, ready, or leased; at least 2
  OnError on_error = OnError::kStop;
  IoMode io = IoMode::kMmap;
  HashCheck check_hashes = HashCheck::where_cheap();  // of each record, before it is used
  bool fast_scale = false;  // decode at 1/2, 1/4, 1/8 where the crop is more than twice the target
  // Delivery::kRagged: an image whose part to deliver is larger comes already cut to crop x crop.
  // 0: four times the bytes of a crop.
  size_t max_ragged_image_bytes = 0;

  // For measurements: leave out a step of the fast path, to see what it is worth.
  struct Ablation {
    bool full_decode = false;    // every JPEG decoded whole
    bool opencv_resize = false;  // OpenCV's INTER_AREA in place of crop_resize.h
  } ablation = {};

  std::string image_field = "image";
  std::string label_field = "label";  // labels are -1 where the data set has no such field
  int64_t class_count = 0;  // a label outside 0 .. class_count - 1 is damage; 0: any label goes
  std::optional<BufferSource> buffers = std::nullopt;
};

// Delivery::kRagged: rows of interleaved pixels that hold one image's crop.
struct RaggedImage {
  uint64_t offset_bytes = 0;  // into ImageBatch::pixels, a multiple of 64
  int32_t height = 0;         // of what is stored there
  int32_t width = 0;
  CropBox box;  // in pixels of that, to be resized to crop x crop
  bool flip = false;
};

struct ImageBatch {
  uint64_t epoch = 0;
  uint64_t step = 0;            // within the epoch since its start or resumption
  uint64_t position_after = 0;  // resume here once this batch has been used
  int64_t count = 0;            // samples, padding included; can be 0
  int64_t padding = 0;          // of these, the last ones repeat the start of the epoch
  int64_t crop = 0;
  int64_t channels = 0;
  std::span<const uint8_t> pixels;  // kCrops: [count][crop][crop][channels]; kRagged: all images
  std::span<const int32_t> labels;  // [count]
  std::span<const uint64_t> sample_ids;  // [count]
  std::span<const RaggedImage> images;   // [count] with kRagged, else empty
};

// A batch, held until the lease goes. At most batches_in_flight - 1 may be held at once.
class BatchLease {
 public:
  BatchLease(BatchLease&& other) noexcept;
  BatchLease& operator=(BatchLease&& other) noexcept;
  ~BatchLease();

  const ImageBatch& operator*() const { return *batch_; }
  const ImageBatch* operator->() const { return batch_; }

 private:
  friend class ImageLoader;
  BatchLease(const ImageBatch* batch, BatchRing* ring, BatchRing::Lent lent)
      : batch_(batch), ring_(ring), lent_(lent) {}
  const ImageBatch* batch_;
  BatchRing* ring_;  // null where there is nothing to release
  BatchRing::Lent lent_;
};

class ImageLoader {
 public:
  ImageLoader(const PackedSplit& split, const Schema& schema, const ImageLoaderOptions& options);
  ~ImageLoader();
  ImageLoader(const ImageLoader&) = delete;
  ImageLoader& operator=(const ImageLoader&) = delete;

  // Begins an epoch at a position (epoch_order.h), abandoning one that is under way. What leases of
  // before show changes from now on; they may be released at any time.
  void start_epoch(uint64_t epoch, uint64_t position = 0);
  // Batches in an epoch begun at `position`; the same on every rank.
  uint64_t batches_per_epoch(uint64_t position = 0) const;

  // The next batch, in order; nothing once the epoch is over.
  std::optional<BatchLease> next();

  StageTimes times() const;                    // since the loader was made
  std::vector<SkippedSample> skipped() const;  // in order of epoch and sample id
  size_t buffer_bytes() const;                 // of all batch buffers together

 private:
  friend class BatchLease;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
