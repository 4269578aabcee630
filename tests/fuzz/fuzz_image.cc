// Any bytes: an Error, or an image whose pixels fill its shape.
#include <cstdlib>

#include "libdata/core/error.h"
#include "libdata/image/image_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const stoker::ImageInfo info = stoker::probe_image({data, size});
    if (info.width > (1 << 22) || info.height > (1 << 22)) return 0;
    if (info.width * info.height > 1 << 22) return 0;  // more only costs time
    const stoker::Image image = stoker::decode_image({data, size});
    if (image.pixels.size() != static_cast<size_t>(image.height * image.width * image.channels))
      std::abort();
  } catch (const stoker::Error&) {
  }
  return 0;
}
