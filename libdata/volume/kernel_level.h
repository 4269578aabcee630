// Instruction sets that the feature kernels are compiled for. Each gives the same bits.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace stoker {

enum class KernelLevel : uint8_t { kPortable, kAvx2, kAvx512 };
KernelLevel best_kernel_level();                        // of this machine
std::string_view kernel_level_name(KernelLevel level);  // "portable", "avx2", "avx512"
// InvalidArgument for another name or one this machine cannot run.
KernelLevel parse_kernel_level(std::string_view name);

}  // namespace stoker
