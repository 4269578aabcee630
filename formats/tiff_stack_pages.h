// What probing and decoding of a stack share: how its pages must be alike, and where planes lie
// that follow one directory; for the files of formats/tiff only.
//
// Thread-safety: as the handle, of one thread. Errors: Corrupt or Unsupported with the offset of
// the directory.
#pragma once

#include <cstdint>

#include "formats/tiff.h"
#include "formats/tiff_page.h"
#include "libdata/image/tiff_handle.h"

namespace stoker {

void set_first_page(TiffStackInfo& info, const TiffPage& page);

// Corrupt unless `page` has size and voxels of the first.
void check_same_page(const TiffStackInfo& info, const TiffPage& page, uint64_t offset_bytes);

// Where the planes of a single-directory stack start: right after its first plane's first byte,
// provided they are stored plain and in one piece.
uint64_t contiguous_start(TiffHandle& handle, const TiffPage& page, uint64_t plane_count,
                          uint64_t file_bytes, uint64_t offset_bytes);

// The error, said of a page of the volume.
Error at_page(const Error& error, uint64_t z);

}  // namespace stoker
