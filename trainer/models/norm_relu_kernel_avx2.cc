#include "trainer/models/norm_relu_kernel_impl.h"

namespace stoker {

const NormReluKernel kAvx2NormReluKernel = kNormReluKernel;

}  // namespace stoker
