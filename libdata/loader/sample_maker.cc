#include "libdata/loader/sample_maker.h"

#include <chrono>
#include <cstring>
#include <string>

#include "libdata/core/error.h"
#include "libdata/image/image_codec.h"

namespace stoker {
namespace {

constexpr size_t kKeptBytes = size_t{64} << 20;  // larger buffers are given back after use

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string size_text(int64_t height, int64_t width, int64_t channels) {
  return std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels);
}

}  // namespace

struct SampleMaker::Source {
  const uint8_t* pixels;
  int64_t height;
  int64_t width;
  int64_t channels;

  const uint8_t* at(int64_t y, int64_t x) const { return pixels + (y * width + x) * channels; }
};

ImageSize stored_size(const BlobView& blob) {
  if (blob.shape[0] == 0 || blob.shape[1] == 0 || (blob.shape[2] != 1 && blob.shape[2] != 3))
    throw Error(ErrorCode::kCorrupt, "expected an image of 1 or 3 channels, found the shape " +
                                         size_text(blob.shape[0], blob.shape[1], blob.shape[2]));
  return {blob.shape[0], blob.shape[1]};
}

SampleMaker::Source SampleMaker::open(ByteSpan bytes, const BlobView& blob) {
  const auto start = std::chrono::steady_clock::now();
  const ImageSize size = stored_size(blob);
  if (blob.codec == Codec::kRaw) {
    // Both factors fit 32 bits and there are at most 3 channels: divide rather than overflow.
    const uint64_t row_bytes = uint64_t{blob.shape[1]} * blob.shape[2];
    if (bytes.size() % row_bytes != 0 || bytes.size() / row_bytes != blob.shape[0])
      throw Error(ErrorCode::kCorrupt, "expected " +
                                           size_text(size.height, size.width, blob.shape[2]) +
                                           " raw bytes, found " + std::to_string(bytes.size()));
    return {bytes.data(), size.height, size.width, blob.shape[2]};
  }
  if (blob.codec == Codec::kJpeg)
    jpeg_.decode(bytes, Channels::kAsStored, decoded_);
  else
    decode_image(bytes, Channels::kAsStored, decoded_);
  if (decoded_.height != size.height || decoded_.width != size.width)
    throw Error(ErrorCode::kCorrupt,
                "the index says " + size_text(size.height, size.width, blob.shape[2]) +
                    ", the stored image is " +
                    size_text(decoded_.height, decoded_.width, decoded_.channels));
  decode_seconds_ += seconds_since(start);
  return {decoded_.pixels.data(), decoded_.height, decoded_.width, decoded_.channels};
}

void SampleMaker::make_crop(ByteSpan bytes, const BlobView& blob, const SampleGeometry& geometry,
                            uint8_t* out) {
  const Source source = open(bytes, blob);
  const int64_t side = options_->crop;
  const int64_t wanted = static_cast<int64_t>(options_->channels);
  resizer_.plan({source.height, source.width}, geometry.box, {side, side}, source.channels,
                geometry.flip);
  uint8_t* target = out;
  if (source.channels > wanted) {
    scratch_.resize(static_cast<size_t>(side * side * source.channels));
    target = scratch_.data();
  }
  resizer_.make_rows({source.at(0, resizer_.region().left),
                      static_cast<size_t>(source.width * source.channels), source.height},
                     0, side, target);
  if (source.channels < wanted) gray_to_rgb(out, side * side);
  if (source.channels > wanted) rgb_to_gray(scratch_, out);
  if (decoded_.pixels.capacity() > kKeptBytes) decoded_.pixels = Bytes();
}

void SampleMaker::make_region(ByteSpan bytes, const BlobView& blob, const PixelRegion& region,
                              uint8_t* out) {
  const Source source = open(bytes, blob);
  const int64_t wanted = static_cast<int64_t>(options_->channels);
  const size_t row_bytes = static_cast<size_t>(region.width * source.channels);
  if (source.channels == wanted && region.width == source.width) {
    std::memcpy(out, source.at(region.top, 0), row_bytes * static_cast<size_t>(region.height));
  } else {
    for (int64_t y = 0; y < region.height; ++y, out += region.width * wanted) {
      const uint8_t* row = source.at(region.top + y, region.left);
      if (source.channels > wanted) {
        rgb_to_gray({row, row_bytes}, out);
      } else {
        std::memcpy(out, row, row_bytes);
        if (source.channels < wanted) gray_to_rgb(out, region.width);
      }
    }
  }
  if (decoded_.pixels.capacity() > kKeptBytes) decoded_.pixels = Bytes();
}

}  // namespace stoker
