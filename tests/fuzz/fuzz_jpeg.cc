// Any bytes: an Error, or pixels that fill the image's shape; and a region is a part of the whole.
#include <cstdlib>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/image/jpeg_decoder.h"

namespace {

constexpr int64_t kMostPixels = 1 << 22;  // enough for any path; more only costs time

void decode_middle_row(stoker::JpegDecoder& decoder, stoker::ByteSpan bytes) {
  const stoker::JpegDecoder::Header header = decoder.open(bytes);
  decoder.start(2, {decoder.scaled_size(2).height / 2, 0, 1, decoder.scaled_size(2).width});
  std::vector<uint8_t> row(decoder.row_bytes());
  uint8_t* const pointer = row.data();
  decoder.read_rows({&pointer, 1});
  if (decoder.row_bytes() < static_cast<size_t>(header.channels)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static stoker::JpegDecoder decoder;  // kept, as a loader's thread does: damage must not linger
  try {
    const stoker::ImageSize shape = decoder.open({data, size}).size;
    if (shape.height * shape.width > kMostPixels) return 0;
    stoker::Image image;
    decoder.decode({data, size}, stoker::Channels::kRgb, image);
    if (image.pixels.size() != static_cast<size_t>(image.height * image.width * 3)) std::abort();
    decode_middle_row(decoder, {data, size});
  } catch (const stoker::Error&) {
  }
  return 0;
}
