// One slot of the patch loader's ring: a batch of patches being filled by many threads, then lent.
//
// Thread-safety: open and close by one thread, patches of different index by any. Ownership: owns
// the memory, from PatchLoaderOptions::buffers where given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "libdata/loader/batch_block.h"
#include "libdata/loader/patch_batch.h"
#include "libdata/loader/patch_loader_options.h"
#include "libdata/loader/patch_maker.h"

namespace stoker {

class PatchSlot {
 public:
  using Batch = PatchBatch;

  PatchSlot(const PatchLoaderOptions& options, const PatchFields& fields);
  PatchSlot(const PatchSlot&) = delete;
  PatchSlot& operator=(const PatchSlot&) = delete;

  // Forgets the last batch and makes room for header.count patches.
  void open(const BatchHeader& header, const Zyx& patch_zyx);
  PatchTarget target(int64_t index);
  // Leaves out the patches of `failed`, in rising order, and moves the others together.
  void close(std::span<const int64_t> failed);

  const PatchBatch& batch() const { return batch_; }

 private:
  const PatchLoaderOptions* options_;
  const PatchFields* fields_;
  BatchBlock block_;
  size_t voxels_ = 0;  // of a patch
  std::span<uint8_t> image_;
  std::span<uint16_t> image16_;
  std::span<uint16_t> features_;
  std::span<uint8_t> label_;
  std::span<uint8_t> distance_;
  std::span<float> factor_;
  std::span<float> offset_;
  std::span<PatchPlace> places_;
  PatchBatch batch_;
};

// Of the largest batch there can be.
size_t patch_block_bytes(const PatchLoaderOptions& options, const PatchFields& fields);

}  // namespace stoker
