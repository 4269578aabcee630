// Streams a split of packed volumes (volume_fields.h) as batches of patches: image or features,
// label, distance.
//
// Worker threads read only the bricks a patch touches, into a fixed ring of reused, aligned
// buffers. What a patch holds depends on (data set, options, seed, epoch, patch number) alone: not
// on threads, ranks, batch size, or where the epoch was resumed.
//
//   PatchLoader loader(dataset.split("train"), dataset.schema(), options);
//   loader.start_epoch(0);
//   while (const std::optional<PatchLease> batch = loader.next()) train_on(**batch);
//
// Values are delivered as stored: uint8 voxels, uint16 voxels (in image16) or float16 features.
// uint16 voxels count on the scale 0..255 as value * 255 / 65535, in features and in factors alike:
// features computed from them are those of 8-bit voxels with a fraction. Standardisation by the
// stored moments and the drawn change of intensity are one factor and one offset a patch and
// channel, given beside them: standardised value = value * factor + offset. A GPU does that while
// it converts; standardize() does it on the CPU.
//
// Patches larger than a volume: the volume lies at the start of each axis, behind it image and
// features are 0, label 2 (ignore), distance 127.
//
// Thread-safety: one thread calls the loader's functions; leases may be released on any thread.
// Ownership: the split must outlive the loader, the loader its leases. Memory: batches_in_flight
// buffers of a size fixed by the options, and per thread one patch with its halo.
// Errors: InvalidArgument for options the data set cannot serve: a field that is missing, stored
// features under an augmentation that their channels do not commute with. next() throws the Error
// of the first bad patch, in order, after all batches before it (on_error stop). With skip, patches
// of a damaged record are left out of the batch and recorded in skipped().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libdata/core/hash.h"
#include "libdata/loader/batch_ring.h"
#include "libdata/loader/epoch_order.h"
#include "libdata/loader/loader_options.h"
#include "libdata/loader/patch_sampler.h"
#include "libdata/loader/stage_times.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

enum class PatchInput : uint8_t {
  kImage,             // one channel, uint8 or uint16 as stored
  kStoredFeatures,    // the field "features": scroll6 as precompute-features stored it
  kComputedFeatures,  // scroll6 of the turned patch, from "image" and its halo
};
PatchInput parse_patch_input(std::string_view text);  // "image", "stored", "computed"

struct PatchLoaderOptions {
  PatchSamplerOptions sampling;
  PatchInput input = PatchInput::kComputedFeatures;
  bool with_label = true;
  bool with_distance = false;
  // Factors and offsets from feature_mean and feature_std of the volume; otherwise they only take
  // voxels to 0..1 and change intensities.
  bool standardize = true;

  int64_t batch_size = 4;                    // patches, on this rank
  SampleOrder order = SampleOrder::kRandom;  // of patches; kWindow counts as kRandom
  EpochTail tail = EpochTail::kShort;
  uint32_t rank = 0;
  uint32_t world_size = 1;

  int threads = 0;               // 0: all cores
  size_t batches_in_flight = 3;  // being filled, ready, or leased; at least 2
  OnError on_error = OnError::kStop;
  IoMode io = IoMode::kMmap;                          // kMmap or kPread
  HashCheck check_hashes = HashCheck::where_cheap();  // of the bricks touched
  std::optional<BufferSource> buffers;
};

// Where a patch comes from.
struct PatchPlace {
  uint64_t volume = 0;  // sample id in the split; split.sample_name() is the source's id
  int64_t scroll = -1;  // group of the volume; -1 where the data set has no such field
  Box box;              // in the volume, before turning
  Orientation orientation;
};

// All arrays: patch, channel, z, y, x; x fastest.
struct PatchBatch {
  uint64_t epoch = 0;
  uint64_t step = 0;            // within the epoch since its start or resumption
  uint64_t position_after = 0;  // resume here once this batch has been used
  int64_t count = 0;            // patches, padding included; can be 0
  int64_t padding = 0;          // of these, the last ones repeat the start of the epoch
  Zyx patch_zyx{0, 0, 0};
  int64_t channels = 0;                // 1 or 6
  std::span<const uint8_t> image;      // [count][1][z][y][x] with kImage of uint8, else empty
  std::span<const uint16_t> image16;   // [count][1][z][y][x] with kImage of uint16, else empty
  std::span<const uint16_t> features;  // [count][6][z][y][x], float16 bits; empty with kImage
  std::span<const uint8_t> label;      // [count][z][y][x]: 0, 1, 2 (ignore); empty if not asked for
  std::span<const int8_t> distance;    // [count][z][y][x]; empty if not asked for
  std::span<const float> factor;       // [count][channels]
  std::span<const float> offset;       // [count][channels]
  std::span<const PatchPlace> places;  // [count]
};

// value * factor + offset of all patches, as float32 [count][channels][z][y][x].
void standardize(const PatchBatch& batch, std::span<float> out);

// A batch, held until the lease goes. At most batches_in_flight - 1 may be held at once.
class PatchLease {
 public:
  PatchLease(PatchLease&& other) noexcept;
  PatchLease& operator=(PatchLease&& other) noexcept;
  ~PatchLease();

  const PatchBatch& operator*() const { return *batch_; }
  const PatchBatch* operator->() const { return batch_; }

 private:
  friend class PatchLoader;
  PatchLease(const PatchBatch* batch, BatchRing* ring, BatchRing::Lent lent)
      : batch_(batch), ring_(ring), lent_(lent) {}
  const PatchBatch* batch_;
  BatchRing* ring_;  // null where there is nothing to release
  BatchRing::Lent lent_;
};

class PatchLoader {
 public:
  PatchLoader(const PackedSplit& split, const Schema& schema, const PatchLoaderOptions& options);
  ~PatchLoader();
  PatchLoader(const PatchLoader&) = delete;
  PatchLoader& operator=(const PatchLoader&) = delete;

  // Begins an epoch at a position (epoch_order.h, counting patches), abandoning one that is under
  // way. What leases of before show changes from now on; they may be released at any time.
  void start_epoch(uint64_t epoch, uint64_t position = 0);
  // Batches in an epoch begun at `position`; the same on every rank.
  uint64_t batches_per_epoch(uint64_t position = 0) const;
  uint64_t patches_per_epoch() const;  // over all ranks

  // The next batch, in order; nothing once the epoch is over.
  std::optional<PatchLease> next();

  // `decode` is reading bricks, `augment` computing features. Since the loader was made.
  StageTimes times() const;
  std::vector<SkippedSample> skipped() const;  // in order of epoch and sample id
  size_t buffer_bytes() const;                 // of all batch buffers together

 private:
  friend class PatchLease;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
