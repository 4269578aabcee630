#include "trainer/models/norm_relu_kernel.h"

namespace stoker {

const NormReluKernel& norm_relu_kernel() {
#if defined(__x86_64__)
  static const NormReluKernel& best =
      __builtin_cpu_supports("avx2") ? kAvx2NormReluKernel : kBaselineNormReluKernel;
  return best;
#else
  return kBaselineNormReluKernel;
#endif
}

}  // namespace stoker
