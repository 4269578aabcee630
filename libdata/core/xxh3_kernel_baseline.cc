#include "libdata/core/xxh3_kernel_impl.h"

namespace stoker {

const Xxh3Kernel kBaselineXxh3Kernel = kXxh3Kernel;

}  // namespace stoker
