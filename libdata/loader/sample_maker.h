// One worker thread's hands: stored bytes of a sample in, pixels of a batch out.
//
// Thread-safety: one thread at a time. Memory: rows in work and decoder state, kept from sample to
// sample; what a very large image needed is given back after it. Errors: Corrupt or Unsupported,
// about this sample only; what was written to `out` is then meaningless.
#pragma once

#include <cstdint>

#include "libdata/image/crop_resize.h"
#include "libdata/image/jpeg_decoder.h"
#include "libdata/loader/image_loader_options.h"
#include "libdata/loader/sample_geometry.h"
#include "libdata/shard/shard_reader.h"

namespace stoker {

// What the index says about the pixels of a stored image.
ImageSize stored_size(const BlobView& blob);

class SampleMaker {
 public:
  explicit SampleMaker(const ImageLoaderOptions& options) : options_(&options) {}

  // geometry.crop squared * channels bytes to `out`.
  void make_crop(ByteSpan bytes, const BlobView& blob, const SampleGeometry& geometry,
                 uint8_t* out);
  // region.height * region.width * channels bytes to `out`.
  void make_region(ByteSpan bytes, const BlobView& blob, const PixelRegion& region, uint8_t* out);

  // Seconds of the calls so far that went into decoding alone.
  double decode_seconds() const { return decode_seconds_; }

 private:
  // Pixels in memory, decoded or as stored.
  struct Source {
    const uint8_t* pixels;
    ImageSize size;
    int64_t channels;

    const uint8_t* at(int64_t y, int64_t x) const {
      return pixels + (y * size.width + x) * channels;
    }
  };
  Source raw_source(ByteSpan bytes, const BlobView& blob) const;
  Source decoded_source(ByteSpan bytes, const BlobView& blob);
  JpegDecoder::Header open_jpeg(ByteSpan bytes, const BlobView& blob);
  void read_jpeg_rows(int64_t first_row, int64_t count);

  Source jpeg_region_source(ByteSpan bytes, const BlobView& blob, const PixelRegion& region);
  void crop_by_opencv(const Source& source, const SampleGeometry& geometry, uint8_t* out);
  void make_crop_ablated(ByteSpan bytes, const BlobView& blob, const SampleGeometry& geometry,
                         uint8_t* out);
  void crop_from_memory(const Source& source, const SampleGeometry& geometry, uint8_t* out);
  void crop_from_jpeg(ByteSpan bytes, const BlobView& blob, const SampleGeometry& geometry,
                      uint8_t* out);
  void region_from_memory(const Source& source, const PixelRegion& region, uint8_t* out) const;
  void region_from_jpeg(ByteSpan bytes, const BlobView& blob, const PixelRegion& region,
                        uint8_t* out);
  uint8_t* resize_target(int64_t crop, int64_t channels, uint8_t* out);
  void finish_crop(int64_t crop, int64_t channels, uint8_t* out) const;
  void give_back_large_buffers();

  const ImageLoaderOptions* options_;
  JpegDecoder jpeg_;
  CropResizer resizer_;
  Image decoded_;
  Bytes ring_;  // rows out of the decoder, row y at y % ring_rows_
  int64_t ring_rows_ = 0;
  Bytes scratch_;  // a crop in the image's own channels, where those are more than wanted
  double decode_seconds_ = 0;
};

}  // namespace stoker
