#include "trainer/models/norm_relu_kernel_impl.h"

namespace stoker {

const NormReluKernel kBaselineNormReluKernel = kNormReluKernel;

}  // namespace stoker
