// One page of a TIFF: what its directory says, checked, and its pixels; for the files of
// formats/tiff only.
//
// Thread-safety: as the handle, of one thread. Ownership: `file` is what the handle was opened on.
// Errors: Unsupported for pixels that tiff.h does not read, Corrupt where directory or pixels are
// damaged; with the offset of the directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/tiff_advice.h"
#include "formats/tiff_content.h"
#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"
#include "libdata/core/error.h"
#include "libdata/image/tiff_handle.h"

namespace stoker {

struct TiffPage {
  uint64_t height = 0;
  uint64_t width = 0;
  DType dtype = DType::kUInt8;  // of the voxels: kUInt8 or kUInt16; labels are always kUInt8
  TiffSample sample;            // as stored
  uint16_t compression = 1;     // TIFF's number: one of those supported

  uint64_t row_bytes() const { return (width * sample.bits + 7) / 8; }  // as stored
  bool is_stored_as_voxels() const { return sample.bits == 8 * dtype_size(dtype); }
  std::string_view codec_name() const;
};

// Reads the directory at `offset_bytes` and makes it the handle's current one.
TiffPage read_tiff_page(TiffHandle& handle, uint64_t offset_bytes, TiffContent content);

// Corrupt where a file of `file_bytes` cannot hold `count` pieces of the size its page claims.
void check_tiff_claim(const TiffPage& page, uint64_t height, uint64_t width, uint64_t count,
                      uint64_t file_bytes, uint64_t offset_bytes);

// The pixels of the handle's current page, page.height * page.row_bytes() bytes. Returns how many
// strips or tiles the file leaves out (offset and length 0): their pixels are 0.
uint64_t decode_tiff_page(TiffHandle& handle, const TiffPage& page, ByteSpan file,
                          uint64_t offset_bytes, uint8_t* out);

// Whether the handle's current page leaves a strip or tile out.
bool has_absent_pieces(TiffHandle& handle);

Error unsupported_tiff(const std::string& message, uint64_t offset_bytes);

}  // namespace stoker
