#include "libdata/image/resize_kernels.h"

namespace stoker {

const ResizeKernels* avx512_resize_kernels() {
  return nullptr;
}

}  // namespace stoker
