// Any bytes: an Error, or members that lie inside them.
#include <cstdlib>

#include "formats/tar.h"
#include "libdata/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    for (const stoker::TarMember& m : stoker::list_tar(stoker::tar_bytes({data, size}))) {
      if (m.offset_bytes > size || m.size_bytes > size - m.offset_bytes) std::abort();
    }
  } catch (const stoker::Error&) {
  }
  return 0;
}
