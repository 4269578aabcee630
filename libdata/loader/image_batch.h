// A batch of images: views of its block.
//
// Ownership: what the spans show belongs to the loader and is good while the batch's lease lives.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "libdata/image/crop_geometry.h"
#include "libdata/loader/batch_header.h"

namespace stoker {

// Delivery::kRagged: rows of interleaved pixels that hold one image's crop.
struct RaggedImage {
  uint64_t offset_bytes = 0;  // into ImageBatch::pixels, a multiple of 64
  int32_t height = 0;         // of what is stored there
  int32_t width = 0;
  CropBox box;  // in pixels of that, to be resized to crop x crop
  bool flip = false;
};
static_assert(sizeof(RaggedImage) == 56 && std::is_trivially_copyable_v<RaggedImage>);

// Where the arrays of a batch lie, in bytes from the start of its block: multiples of 64.
struct ImageBlockOffsets {
  uint64_t sample_ids = 0;
  uint64_t labels = 0;
  uint64_t images = 0;  // 0: none
  uint64_t pixels = 0;  // last, so that a copy ends with the last pixel used
};

struct ImageBatch : BatchHeader {
  int64_t crop = 0;
  int64_t channels = 0;
  std::span<const uint8_t> pixels;  // kCrops: [count][crop][crop][channels]; kRagged: all images
  std::span<const int32_t> labels;  // [count]
  std::span<const uint64_t> sample_ids;  // [count]
  std::span<const RaggedImage> images;   // [count] with kRagged, else empty

  // All of the above behind a BatchHeader, block_bytes long: one copy moves the batch.
  std::span<const uint8_t> block;
  ImageBlockOffsets block_offsets;
};

}  // namespace stoker
