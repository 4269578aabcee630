#include "libdata/volume/feature_kernel_impl.h"

namespace stoker {

const FeatureKernel kPortableFeatureKernel16{scratch_bytes, run<uint16_t>};

}  // namespace stoker
