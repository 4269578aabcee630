// Any bytes as a .npy header and as a zip archive: an Error, or members that lie within the bytes.
#include <cstdlib>

#include "formats/npy/npy_header.h"
#include "formats/npy/zip_listing.h"
#include "formats/stacked/strided_array.h"
#include "libdata/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const stoker::ByteSpan bytes(data, size);
  try {
    const stoker::NpyHeader header = stoker::parse_npy_header(bytes);
    if (header.size_bytes > size) std::abort();
    stoker::array_bytes(header.shape, header.type);
  } catch (const stoker::Error&) {
  }
  try {
    for (const stoker::ZipMember& member : stoker::list_zip(bytes))
      if (member.begin > size || member.size > size - member.begin) std::abort();
  } catch (const stoker::Error&) {
  }
  return 0;
}
