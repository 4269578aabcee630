#include "formats/tiff_stack_pages.h"

#include <tiffio.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

std::string page_kind(uint64_t height, uint64_t width, DType dtype) {
  return std::to_string(height) + " x " + std::to_string(width) + " " +
         std::string(dtype_name(dtype));
}

}  // namespace

void set_first_page(TiffStackInfo& info, const TiffPage& page) {
  info.size_zyx = {0, static_cast<int64_t>(page.height), static_cast<int64_t>(page.width)};
  info.dtype = page.dtype;
  info.compression = page.codec_name();
}

void check_same_page(const TiffStackInfo& info, const TiffPage& page, uint64_t offset_bytes) {
  const auto height = static_cast<uint64_t>(info.size_zyx[1]);
  const auto width = static_cast<uint64_t>(info.size_zyx[2]);
  if (page.height == height && page.width == width && page.dtype == info.dtype) return;
  throw Error(ErrorCode::kCorrupt,
              "expected every page to be " + page_kind(height, width, info.dtype) +
                  " as the first is, found " + page_kind(page.height, page.width, page.dtype) +
                  "; is it a thumbnail, or of another volume?",
              "", offset_bytes);
}

uint64_t contiguous_start(TiffHandle& handle, const TiffPage& page, uint64_t plane_count,
                          uint64_t file_bytes, uint64_t offset_bytes) {
  TIFF* tiff = handle.get();
  uint16_t fill_order = FILLORDER_MSB2LSB;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_FILLORDER, &fill_order);
  const bool plain = page.compression == COMPRESSION_NONE && TIFFIsTiled(tiff) == 0 &&
                     fill_order == FILLORDER_MSB2LSB;
  const uint64_t start = plain ? TIFFGetStrileOffset(tiff, 0) : 0;
  uint64_t expected = start;
  const uint32_t strips = plain ? TIFFNumberOfStrips(tiff) : 0;
  bool in_one_piece = start != 0;
  for (uint32_t strip = 0; strip < strips && in_one_piece; ++strip) {
    in_one_piece = TIFFGetStrileOffset(tiff, strip) == expected;
    expected += TIFFGetStrileByteCount(tiff, strip);
  }
  if (!in_one_piece) {
    throw unsupported_tiff("its description promises " + std::to_string(plane_count) +
                               " planes, but the file has one page and that is not stored plain",
                           offset_bytes);
  }
  const unsigned __int128 end =
      static_cast<unsigned __int128>(page.height) * page.row_bytes() * plane_count + start;
  if (end > file_bytes) {
    throw Error(ErrorCode::kCorrupt,
                "its description promises " + std::to_string(plane_count) +
                    " planes, but the file ends before the last; is it cut short?",
                "", offset_bytes);
  }
  return start;
}

Error at_page(const Error& error, uint64_t z) {
  return Error(error.code(), "page at z " + std::to_string(z) + ": " + error.message(),
               error.path(), error.offset_bytes());
}

}  // namespace stoker
