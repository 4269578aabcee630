#include "libdata/volume/kernel_level.h"

#include <fmt/format.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "libdata/core/error.h"

namespace stoker {
namespace {

bool machine_runs(KernelLevel level) {
  if (level == KernelLevel::kPortable) return true;
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kHalfConversion = 1u << 29;  // F16C
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx & kHalfConversion) == 0) return false;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return false;
  return level == KernelLevel::kAvx2 ||
         (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"));
#else
  return false;
#endif
}

}  // namespace

KernelLevel best_kernel_level() {
  static const KernelLevel best = [] {
    for (const KernelLevel level : {KernelLevel::kAvx512, KernelLevel::kAvx2}) {
      if (machine_runs(level)) return level;
    }
    return KernelLevel::kPortable;
  }();
  return best;
}

std::string_view kernel_level_name(KernelLevel level) {
  switch (level) {
    case KernelLevel::kAvx512:
      return "avx512";
    case KernelLevel::kAvx2:
      return "avx2";
    case KernelLevel::kPortable:
      return "portable";
  }
  return "unknown";
}

KernelLevel parse_kernel_level(std::string_view name) {
  for (const KernelLevel level :
       {KernelLevel::kPortable, KernelLevel::kAvx2, KernelLevel::kAvx512}) {
    if (name != kernel_level_name(level)) continue;
    if (machine_runs(level)) return level;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("this machine cannot run kernel '{}'; its best is '{}'", name,
                            kernel_level_name(best_kernel_level())));
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("kernel '{}': there are portable, avx2 and avx512", name));
}

}  // namespace stoker
