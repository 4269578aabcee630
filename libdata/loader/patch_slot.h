// One buffer of the patch loader's ring: a batch being filled by many threads, then lent.
//
// Thread-safety: open and close by one thread, target and fail for different patches by any.
// Ownership: owns the memory, from PatchLoaderOptions::buffers where given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/loader/batch_memory.h"
#include "libdata/loader/patch_loader.h"
#include "libdata/loader/patch_maker.h"

namespace stoker {

struct FailedPatch {
  int64_t index = 0;  // in the batch
  uint64_t volume = 0;
  Error error;
};

class PatchSlot {
 public:
  PatchSlot(const PatchLoaderOptions& options, const PatchFields& fields);
  PatchSlot(const PatchSlot&) = delete;
  PatchSlot& operator=(const PatchSlot&) = delete;

  // `batch` says epoch, step, position, count and padding.
  void open(const PatchBatch& batch);
  PatchTarget target(int64_t index);
  void fail(int64_t index, uint64_t volume, const Error& error);
  // Leaves failed patches out and moves the others together, keeping their order.
  void close();

  const PatchBatch& batch() const { return batch_; }
  const std::vector<FailedPatch>& failures() const { return failures_; }  // in order, once closed

 private:
  void drop(size_t from, size_t to);

  const PatchLoaderOptions* options_;
  size_t channels_;
  size_t voxels_;  // of a patch
  BatchMemory memory_;
  std::span<uint8_t> image_;
  std::span<uint16_t> image16_;
  std::span<uint16_t> features_;
  std::span<uint8_t> label_;
  std::span<uint8_t> distance_;
  std::vector<float> factor_;
  std::vector<float> offset_;
  std::vector<PatchPlace> places_;
  std::mutex failing_;
  std::vector<FailedPatch> failures_;
  PatchBatch batch_;
};

size_t patch_slot_bytes(const PatchLoaderOptions& options, const PatchFields& fields);

}  // namespace stoker
