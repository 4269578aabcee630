// Any bytes: an Error, or a volume within the bound that was told, whose planes decode or give an
// Error.
#include <cstdlib>

#include "formats/tiff.h"
#include "libdata/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const stoker::ByteSpan file(data, size);
  try {
    const stoker::TiffStackInfo info = stoker::probe_tiff(file);
    const auto bytes_a_voxel = stoker::dtype_size(info.dtype);
    if (info.volume_bytes() / bytes_a_voxel > stoker::tiff_voxel_bound(file)) std::abort();
    if (info.volume_bytes() > 1 << 22) return 0;  // more only costs time
    stoker::Bytes voxels(info.volume_bytes());
    stoker::decode_tiff_planes({&file, 1}, info, 0, info.planes.size(), voxels);
  } catch (const stoker::Error&) {
  }
  return 0;
}
