#include "libdata/loader/sample_maker.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string>

#include "libdata/core/error.h"
#include "libdata/image/image_codec.h"
#include "libdata/loader/sample_reader.h"
#include "libdata/loader/stream_copy.h"

namespace stoker {
namespace {

constexpr int64_t kRowsAtOnce = 16;  // an MCU row of 4:2:0

// Adds the time between start and stop (or its own end) to a sum of seconds.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) { start(); }
  ~Stopwatch() {
    if (running_) stop();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  void start() {
    running_ = true;
    start_ = std::chrono::steady_clock::now();
  }
  void stop() {
    running_ = false;
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  double& seconds_;
  bool running_ = false;
  std::chrono::steady_clock::time_point start_;
};

std::string shape_text(ImageSize size, int64_t channels) {
  return std::to_string(size.height) + "x" + std::to_string(size.width) + "x" +
         std::to_string(channels);
}

void check_size(const BlobView& blob, ImageSize found, int64_t channels) {
  const ImageSize expected = stored_size(blob);
  if (found == expected && channels == int64_t{blob.shape[2]}) return;
  throw Error(ErrorCode::kCorrupt, "the index says " + shape_text(expected, blob.shape[2]) +
                                       ", the stored image is " + shape_text(found, channels));
}

// The largest scaled decode that still leaves at least the target's pixels to shrink from.
int fast_scale(const CropBox& box, int64_t crop) {
  const double side = std::min(box.height, box.width);
  int denominator = 1;
  while (denominator < 8 && side >= static_cast<double>(2 * denominator * crop))
    denominator *= 2;
  return denominator;
}

void copy_row(const uint8_t* row, int64_t width, int64_t channels, int64_t wanted, uint8_t* out) {
  if (channels > wanted) {
    rgb_to_gray({row, static_cast<size_t>(width * channels)}, out);
    return;
  }
  std::memcpy(out, row, static_cast<size_t>(width * channels));
  if (channels < wanted) gray_to_rgb(out, width);
}

}  // namespace

ImageSize stored_size(const BlobView& blob) {
  if (blob.shape[0] == 0 || blob.shape[1] == 0 || (blob.shape[2] != 1 && blob.shape[2] != 3))
    throw Error(ErrorCode::kCorrupt, "expected an image of 1 or 3 channels, found the shape " +
                                         shape_text({blob.shape[0], blob.shape[1]}, blob.shape[2]));
  return {blob.shape[0], blob.shape[1]};
}

void SampleMaker::make_crop(ByteSpan bytes, const BlobView& blob, const SampleGeometry& geometry,
                            uint8_t* out) {
  if (options_->ablation.full_decode || options_->ablation.opencv_resize) {
    make_crop_ablated(bytes, blob, geometry, out);
  } else if (blob.codec == Codec::kRaw) {
    crop_from_memory(raw_source(bytes, blob), geometry, out);
  } else if (blob.codec == Codec::kJpeg) {
    crop_from_jpeg(bytes, blob, geometry, out);
  } else {
    crop_from_memory(decoded_source(bytes, blob), geometry, out);
  }
  give_back_large_buffers();
}

void SampleMaker::make_region(ByteSpan bytes, const BlobView& blob, const PixelRegion& region,
                              uint8_t* out) {
  if (blob.codec == Codec::kRaw) {
    region_from_memory(raw_source(bytes, blob), region, out);
  } else if (blob.codec == Codec::kJpeg) {
    region_from_jpeg(bytes, blob, region, out);
  } else {
    region_from_memory(decoded_source(bytes, blob), region, out);
  }
  give_back_large_buffers();
}

SampleMaker::Source SampleMaker::raw_source(ByteSpan bytes, const BlobView& blob) const {
  const ImageSize size = stored_size(blob);
  // A row's length fits 64 bits; the product of all three might not: divide instead.
  const uint64_t row_bytes = uint64_t{blob.shape[1]} * blob.shape[2];
  if (bytes.size() % row_bytes != 0 || bytes.size() / row_bytes != blob.shape[0])
    throw Error(ErrorCode::kCorrupt, "expected the " + shape_text(size, blob.shape[2]) +
                                         " bytes of a raw image, found " +
                                         std::to_string(bytes.size()));
  return {bytes.data(), size, blob.shape[2]};
}

SampleMaker::Source SampleMaker::decoded_source(ByteSpan bytes, const BlobView& blob) {
  const Stopwatch decoding(decode_seconds_);
  decode_image(bytes, Channels::kAsStored, decoded_);
  const ImageSize size{decoded_.height, decoded_.width};
  check_size(blob, size, decoded_.channels);
  return {decoded_.pixels.data(), size, decoded_.channels};
}

JpegDecoder::Header SampleMaker::open_jpeg(ByteSpan bytes, const BlobView& blob) {
  const JpegDecoder::Header header = jpeg_.open(bytes);
  check_size(blob, header.size, header.channels);
  return header;
}

// Rows first_row.. of the region under way, into the ring.
void SampleMaker::read_jpeg_rows(int64_t first_row, int64_t count) {
  std::array<uint8_t*, kRowsAtOnce> rows;
  for (int64_t i = 0; i < count; ++i)
    rows[static_cast<size_t>(i)] =
        ring_.data() + static_cast<size_t>((first_row + i) % ring_rows_) * jpeg_.row_bytes();
  jpeg_.read_rows({rows.data(), static_cast<size_t>(count)});
}

void SampleMaker::crop_from_memory(const Source& source, const SampleGeometry& geometry,
                                   uint8_t* out) {
  const int64_t side = geometry.crop;
  resizer_.plan(source.size, geometry.box, {side, side}, source.channels, geometry.flip);
  resizer_.make_rows({source.at(0, resizer_.region().left),
                      static_cast<size_t>(source.size.width * source.channels), source.size.height},
                     0, side, resize_target(side, source.channels, out));
  finish_crop(side, source.channels, out);
}

// Rows go from the decoder through a small ring into the resize, so that the image is never in
// memory as a whole. What is left of the image below the crop is not read.
void SampleMaker::crop_from_jpeg(ByteSpan bytes, const BlobView& blob,
                                 const SampleGeometry& geometry, uint8_t* out) {
  Stopwatch decoding(decode_seconds_);
  const JpegDecoder::Header header = open_jpeg(bytes, blob);
  const int64_t side = geometry.crop;
  const int denominator = options_->fast_scale ? fast_scale(geometry.box, side) : 1;
  const CropBox box{geometry.box.top / denominator, geometry.box.left / denominator,
                    geometry.box.height / denominator, geometry.box.width / denominator};
  resizer_.plan(jpeg_.scaled_size(denominator), box, {side, side}, header.channels, geometry.flip);
  const PixelRegion& region = resizer_.region();
  jpeg_.start(denominator, region);
  ring_rows_ = resizer_.max_taps() + kRowsAtOnce;
  ring_.resize(std::max(ring_.size(), static_cast<size_t>(ring_rows_) * jpeg_.row_bytes()));
  uint8_t* const target = resize_target(side, header.channels, out);
  const int64_t end = region.top + region.height;
  int64_t made = 0;
  for (int64_t y = region.top; y < end;) {
    const int64_t count = std::min(kRowsAtOnce, end - y);
    read_jpeg_rows(y, count);
    y += count;
    decoding.stop();
    const int64_t ready = resizer_.rows_ready(y);
    resizer_.make_rows({ring_.data() + jpeg_.first_pixel_bytes(), jpeg_.row_bytes(), ring_rows_},
                       made, ready, target);
    made = ready;
    decoding.start();
  }
  decoding.stop();
  finish_crop(side, header.channels, out);
}

void SampleMaker::region_from_memory(const Source& source, const PixelRegion& region,
                                     uint8_t* out) const {
  const int64_t wanted = static_cast<int64_t>(options_->channels);
  const size_t row_bytes = static_cast<size_t>(region.width * source.channels);
  if (source.channels == wanted && region.width == source.size.width) {
    stream_copy(out, source.at(region.top, 0), row_bytes * static_cast<size_t>(region.height));
    return;
  }
  for (int64_t y = 0; y < region.height; ++y, out += region.width * wanted)
    copy_row(source.at(region.top + y, region.left), region.width, source.channels, wanted, out);
}

void SampleMaker::region_from_jpeg(ByteSpan bytes, const BlobView& blob, const PixelRegion& region,
                                   uint8_t* out) {
  const Stopwatch decoding(decode_seconds_);
  const JpegDecoder::Header header = open_jpeg(bytes, blob);
  const int64_t wanted = static_cast<int64_t>(options_->channels);
  jpeg_.start(1, region);
  ring_rows_ = kRowsAtOnce;
  ring_.resize(std::max(ring_.size(), static_cast<size_t>(ring_rows_) * jpeg_.row_bytes()));
  for (int64_t y = 0; y < region.height; y += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, region.height - y);
    read_jpeg_rows(0, count);
    for (int64_t i = 0; i < count; ++i, out += region.width * wanted)
      copy_row(
          ring_.data() + static_cast<size_t>(i) * jpeg_.row_bytes() + jpeg_.first_pixel_bytes(),
          region.width, header.channels, wanted, out);
  }
}

// The same crop by the plain ways that peers go.
void SampleMaker::make_crop_ablated(ByteSpan bytes, const BlobView& blob,
                                    const SampleGeometry& geometry, uint8_t* out) {
  const bool part = blob.codec == Codec::kJpeg && !options_->ablation.full_decode;
  const PixelRegion region = covered_pixels(geometry.box, stored_size(blob));
  const Source source = blob.codec == Codec::kRaw ? raw_source(bytes, blob)
                        : part                    ? jpeg_region_source(bytes, blob, region)
                                                  : decoded_source(bytes, blob);
  if (!options_->ablation.opencv_resize) {
    crop_from_memory(source, geometry, out);
  } else {
    SampleGeometry in_source = geometry;
    if (part) in_source.box = {0, 0, double(region.height), double(region.width)};
    crop_by_opencv(source, in_source, out);
  }
}

SampleMaker::Source SampleMaker::jpeg_region_source(ByteSpan bytes, const BlobView& blob,
                                                    const PixelRegion& region) {
  const size_t size =
      static_cast<size_t>(region.height * region.width) * static_cast<size_t>(options_->channels);
  decoded_.pixels.resize(std::max(decoded_.pixels.size(), size));
  region_from_jpeg(bytes, blob, region, decoded_.pixels.data());
  return {decoded_.pixels.data(),
          {region.height, region.width},
          static_cast<int64_t>(options_->channels)};
}

void SampleMaker::crop_by_opencv(const Source& source, const SampleGeometry& geometry,
                                 uint8_t* out) {
  const int64_t side = geometry.crop;
  const PixelRegion region = covered_pixels(geometry.box, source.size);
  resize_area_opencv(source.at(region.top, region.left),
                     static_cast<size_t>(source.size.width * source.channels),
                     {region.height, region.width}, source.channels, geometry.flip, {side, side},
                     resize_target(side, source.channels, out));
  finish_crop(side, source.channels, out);
}

// Where the resize writes: at once into the batch, unless channels have to be dropped first.
uint8_t* SampleMaker::resize_target(int64_t crop, int64_t channels, uint8_t* out) {
  if (channels <= static_cast<int64_t>(options_->channels)) return out;
  scratch_.resize(static_cast<size_t>(crop * crop * channels));
  return scratch_.data();
}

void SampleMaker::finish_crop(int64_t crop, int64_t channels, uint8_t* out) const {
  const int64_t wanted = static_cast<int64_t>(options_->channels);
  if (channels < wanted) gray_to_rgb(out, crop * crop);
  if (channels > wanted) rgb_to_gray(scratch_, out);
}

void SampleMaker::give_back_large_buffers() {
  if (decoded_.pixels.capacity() > kKeptBytes) decoded_.pixels = Bytes();
  if (ring_.capacity() > kKeptBytes) ring_ = Bytes();
}

}  // namespace stoker
