// What PatchLoader gives its ring (ring_loader.h): patches of a split's volumes.
//
// Thread-safety: as ring_loader.h says. Ownership: the split must outlive it. Errors: those that
// patch_loader.h names.
#pragma once

#include <cstdint>
#include <vector>

#include "libdata/loader/brick_source.h"
#include "libdata/loader/patch_batch.h"
#include "libdata/loader/patch_loader_options.h"
#include "libdata/loader/patch_maker.h"
#include "libdata/loader/patch_sampler.h"
#include "libdata/loader/patch_slot.h"
#include "libdata/loader/ring_loader.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

class PatchBatchMaker {
 public:
  using Worker = PatchMaker;
  using SampleSize = Zyx;

  // For checked options.
  PatchBatchMaker(const PackedSplit& split, const Schema& schema,
                  const PatchLoaderOptions& options);

  PatchMaker make_worker() const { return PatchMaker(sampler_, files_, fields_, options_); }
  PatchSlot make_slot() const { return PatchSlot(options_, fields_); }
  size_t block_bytes() const { return patch_block_bytes(options_, fields_); }

  uint64_t sample_count() const { return sampler_.patch_count(); }
  std::vector<uint64_t> order(uint64_t epoch) const;
  void start_epoch(uint64_t epoch, const Zyx& patch_zyx);
  void open(PatchSlot& slot, const BatchHeader& header, const BatchSamples& samples) const;
  void make(PatchMaker& worker, PatchSlot& slot, int64_t index, uint64_t patch,
            StageTimes& spent) const;
  FailedSample failed(const PatchMaker& worker, int64_t index, uint64_t patch,
                      const Error& error) const;
  PatchBatch empty_batch() const;

 private:
  const PatchLoaderOptions options_;
  const PatchFields fields_;
  const PatchSampler sampler_;
  const BrickFiles files_;
  uint64_t epoch_ = 0;
  Zyx patch_zyx_{0, 0, 0};  // of this epoch
};

}  // namespace stoker
