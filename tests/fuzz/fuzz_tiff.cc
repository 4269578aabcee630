// Any bytes, taken for an image and for labels: an Error, or a volume within the bound that was
// told, whose planes decode or give an Error. Then as a description: no more planes than can be
// numbered.
#include <cstdlib>

#include "formats/tiff.h"
#include "formats/tiff_description.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace {

using stoker::TiffContent;

void take_as(TiffContent content, stoker::ByteSpan file) {
  try {
    const stoker::TiffStackInfo info = stoker::probe_tiff(file, content);
    const auto bytes_a_voxel = stoker::dtype_size(info.dtype);
    if (content == TiffContent::kIntensity &&
        info.volume_bytes() / bytes_a_voxel > stoker::tiff_voxel_bound(file).voxels) {
      std::abort();
    }
    if (info.volume_bytes() > 1 << 22) return;  // more only costs time
    stoker::Bytes voxels(info.volume_bytes());
    stoker::decode_tiff_planes({&file, 1}, info, 0, info.planes.size(), voxels);
    if (content == TiffContent::kLabel) stoker::check_all_pages({&file, 1}, info);
  } catch (const stoker::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const stoker::ByteSpan file(data, size);
  take_as(TiffContent::kIntensity, file);
  take_as(TiffContent::kLabel, file);
  const auto described = stoker::parse_stack_description(stoker::as_text(file), 40, 33);
  if (described && described->plane_count == 0) std::abort();
  return 0;
}
