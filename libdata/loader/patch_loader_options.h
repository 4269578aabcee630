// How a loader of patches samples, reads and batches.
//
// Values and pure functions. Errors: InvalidArgument for a text that names nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libdata/core/hash.h"
#include "libdata/loader/epoch_order.h"
#include "libdata/loader/loader_options.h"
#include "libdata/loader/patch_sampler.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

enum class PatchInput : uint8_t {
  kImage,             // one channel, uint8 or uint16 as stored
  kStoredFeatures,    // the field "features": scroll6 as precompute-features stored it
  kComputedFeatures,  // scroll6 of the turned patch, from "image" and its halo
};
PatchInput parse_patch_input(std::string_view text);  // "image", "stored", "computed"

struct PatchLoaderOptions {
  PatchSamplerOptions sampling;
  // That an epoch may ask for, along each axis; 0: sampling.patch_zyx.
  Zyx largest_patch_zyx{0, 0, 0};
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
  std::optional<BufferSource> buffers;                // of whole blocks (patch_batch.h)
};

// Fills in what follows from other options; InvalidArgument for what makes no sense.
PatchLoaderOptions check_loader_options(PatchLoaderOptions options);

}  // namespace stoker
