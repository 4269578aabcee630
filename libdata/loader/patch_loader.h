// Streams a split of packed volumes (volume_fields.h) as batches of patches: image or features,
// label, distance.
//
// Worker threads read only the bricks a patch touches, into a fixed ring of reused, aligned
// buffers. What a patch holds depends on (data set, options, seed, epoch, patch size, patch number)
// alone: not on threads, ranks, batch size, the sizes of other epochs, or where the epoch was
// resumed.
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

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "libdata/loader/lease.h"
#include "libdata/loader/patch_batch.h"
#include "libdata/loader/patch_loader_options.h"
#include "libdata/loader/stage_times.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

using PatchLease = Lease<PatchBatch>;

class PatchLoader {
 public:
  PatchLoader(const PackedSplit& split, const Schema& schema, const PatchLoaderOptions& options);
  ~PatchLoader();
  PatchLoader(const PatchLoader&) = delete;
  PatchLoader& operator=(const PatchLoader&) = delete;

  // Begins an epoch at a position (epoch_order.h, counting patches), abandoning one that is under
  // way. What leases of before show changes from now on, so that a copy out of one must be done;
  // they may be released at any time. `patch_zyx`: size of this epoch's patches, 0 along an axis:
  // that of the options. InvalidArgument where it is larger than options.largest_patch_zyx, and for
  // another size than that of the options under PatchSampling::kGrid, whose patches it would change
  // in number.
  void start_epoch(uint64_t epoch, uint64_t position = 0, const Zyx& patch_zyx = {0, 0, 0});
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
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
