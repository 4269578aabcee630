#include "libdata/volume/feature_kernel_impl.h"

namespace stoker {

const FeatureKernel kAvx512FeatureKernel{scratch_bytes, run<uint8_t>};

}  // namespace stoker
