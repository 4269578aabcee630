// One worker thread's hands: stored bytes of a sample in, pixels of a batch out.
//
// Thread-safety: one thread at a time. Memory: rows in work and decoder state, kept from sample to
// sample; what a very large image needed is given back after it. Errors: Corrupt or Unsupported,
// about this sample only; what was written to `out` is then meaningless.
#pragma once

#include <cstdint>

#include "libdata/image/crop_resize.h"
#include "libdata/image/jpeg_decoder.h"
#include "libdata/loader/sample_geometry.h"
#include "libdata/shard/shard_reader.h"

namespace stoker {

// What the index says about the pixels of a stored image.
ImageSize stored_size(const BlobView& blob);

class SampleMaker {
 public:
  explicit SampleMaker(const ImageLoaderOptions& options) : options_(&options) {}

  // crop * crop * channels bytes to `out`.
  void make_crop(ByteSpan bytes, const BlobView& blob, const SampleGeometry& geometry,
                 uint8_t* out);
  // region.height * region.width * channels bytes to `out`.
  void make_region(ByteSpan bytes, const BlobView& blob, const PixelRegion& region, uint8_t* out);

  // Seconds of the calls so far that went into decoding alone.
  double decode_seconds() const { return decode_seconds_; }

 private:
  struct Source;  // pixels in memory, decoded or as stored
  Source open(ByteSpan bytes, const BlobView& blob);

  const ImageLoaderOptions* options_;
  JpegDecoder jpeg_;
  CropResizer resizer_;
  Image decoded_;
  Bytes scratch_;
  double decode_seconds_ = 0;
};

}  // namespace stoker
