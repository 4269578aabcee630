#include <tiffio.h>

#include <algorithm>
#include <new>

#include "formats/tiff.h"
#include "libdata/core/error.h"
#include "libdata/image/tiff_handle.h"

namespace stoker {
namespace {

constexpr uint64_t kStripBytes = 64 * 1024;
constexpr uint64_t kClassicLimitBytes = 4'000'000'000;  // classic offsets have 32 bits

uint16_t compression_tag(TiffCompression compression) {
  switch (compression) {
    case TiffCompression::kLzw:
      return COMPRESSION_LZW;
    case TiffCompression::kDeflate:
      return COMPRESSION_ADOBE_DEFLATE;
    case TiffCompression::kPackBits:
      return COMPRESSION_PACKBITS;
    case TiffCompression::kNone:
      break;
  }
  return COMPRESSION_NONE;
}

}  // namespace

Bytes encode_tiff(const Volume<uint8_t>& volume, TiffCompression compression) {
  return encode_tiff(volume.size_zyx, DType::kUInt8, volume.voxels, compression);
}

Bytes encode_tiff(const std::array<int64_t, 3>& size_zyx, DType dtype, ByteSpan voxels_zyx,
                  TiffCompression compression) {
  const auto [depth, height, width] = size_zyx;
  if (depth <= 0 || height <= 0 || width <= 0 || height > INT32_MAX || width > INT32_MAX) {
    throw Error(ErrorCode::kInvalidArgument, "expected a volume with voxels in every axis");
  }
  const uint64_t row_bytes = static_cast<uint64_t>(width) * dtype_size(dtype);
  const auto rows = static_cast<uint32_t>(
      std::clamp<uint64_t>(kStripBytes / row_bytes, 1, static_cast<uint64_t>(height)));
  Bytes bytes;
  TiffHandle handle(&bytes, voxels_zyx.size() > kClassicLimitBytes);
  TIFF* tiff = handle.get();
  const auto fail = [&]() -> Error {
    if (handle.out_of_memory()) throw std::bad_alloc();
    return handle.failure("cannot encode TIFF", bytes.size());
  };
  const uint8_t* from = voxels_zyx.data();
  for (int64_t z = 0; z < depth; ++z) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(width));
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(height));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * dtype_size(dtype)));
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression_tag(compression));
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows);
    uint32_t strip = 0;
    for (uint64_t row = 0; row < static_cast<uint64_t>(height); row += rows, ++strip) {
      const uint64_t size =
          std::min<uint64_t>(rows, static_cast<uint64_t>(height) - row) * row_bytes;
      // libtiff's signature is not const, but it does not write to `from` without a predictor.
      if (TIFFWriteEncodedStrip(tiff, strip, const_cast<uint8_t*>(from),
                                static_cast<tmsize_t>(size)) < 0) {
        throw fail();
      }
      from += size;
    }
    if (TIFFWriteDirectory(tiff) != 1) throw fail();
  }
  handle.close();
  if (handle.out_of_memory()) throw std::bad_alloc();
  return bytes;
}

}  // namespace stoker
