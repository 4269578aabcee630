#include "libdata/image/resize_kernels.h"

namespace stoker {

const ResizeKernels* avx2_resize_kernels() {
  return nullptr;
}

}  // namespace stoker
