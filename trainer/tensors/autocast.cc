#include "trainer/tensors/autocast.h"

#include <ATen/autocast_mode.h>
#include <dlfcn.h>
#include <spdlog/spdlog.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
void set_autocast(const torch::Device& device, bool on, torch::ScalarType type) {
  at::autocast::set_autocast_dtype(device.type(), type);
  at::autocast::set_autocast_enabled(device.type(), on);
}
bool is_autocast_on(const torch::Device& device) {
  return at::autocast::is_autocast_enabled(device.type());
}
torch::ScalarType autocast_type(const torch::Device& device) {
  return at::autocast::get_autocast_dtype(device.type());
}
#else
void set_autocast(const torch::Device& device, bool on, torch::ScalarType type) {
  if (device.is_cpu()) {
    at::autocast::set_autocast_cpu_dtype(type);
    at::autocast::set_cpu_enabled(on);
  } else {
    at::autocast::set_autocast_gpu_dtype(type);
    at::autocast::set_enabled(on);
  }
}
bool is_autocast_on(const torch::Device& device) {
  return device.is_cpu() ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}
torch::ScalarType autocast_type(const torch::Device& device) {
  return device.is_cpu() ? at::autocast::get_autocast_cpu_dtype()
                         : at::autocast::get_autocast_gpu_dtype();
}
#endif

torch::ScalarType type_of(Amp amp) {
  return amp == Amp::kFp16 ? torch::kFloat16 : torch::kBFloat16;
}

// Whether convolutions run at all, forward and backward.
bool cpu_computes_bf16() {
  try {
    torch::Tensor weights = torch::ones({8, 8, 3, 3}, torch::requires_grad());
    torch::Tensor sum;
    {
      const AutocastScope scope(Amp::kBf16, torch::kCPU);
      sum = torch::conv2d(torch::ones({1, 8, 8, 8}), weights).sum();
    }
    sum.to(torch::kFloat32).backward();
    return true;
  } catch (const c10::Error&) {
    return false;
  }
}

// Without these instructions bfloat16 is emulated, several times slower than float32 is computed.
bool cpu_has_bf16_instructions() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

// From compute capability 8.0 on. Asked of the CUDA runtime that LibTorch has loaded; its headers
// are not there where the trainer is built without CUDA.
bool gpu_has_bf16(const torch::Device& device) {
  using GetAttribute = int (*)(int*, int, int);
  constexpr int kComputeCapabilityMajor = 75;  // cudaDevAttrComputeCapabilityMajor
  const auto get = reinterpret_cast<GetAttribute>(::dlsym(RTLD_DEFAULT, "cudaDeviceGetAttribute"));
  int major = 0;
  if (get == nullptr || get(&major, kComputeCapabilityMajor, std::max<int>(device.index(), 0)) != 0)
    return false;
  return major >= 8;
}

}  // namespace

Amp choose_amp(const std::string& name, const torch::Device& device) {
  if (name.empty()) return Amp::kOff;
  if (name == "fp16") {
    if (device.is_cuda()) return Amp::kFp16;
    throw Error(ErrorCode::kInvalidArgument, "--amp fp16 is for a GPU; on a CPU there is bf16");
  }
  const bool computes = device.is_cuda() ? gpu_has_bf16(device) : cpu_computes_bf16();
  const bool is_fast = device.is_cuda() || cpu_has_bf16_instructions();
  if (computes && (is_fast || name == "bf16")) return Amp::kBf16;
  if (name == "bf16") {
    throw Error(ErrorCode::kInvalidArgument,
                "--amp bf16: " + device.str() + " cannot compute with bfloat16");
  }
  if (device.is_cuda()) return Amp::kFp16;
  spdlog::warn("--amp: this processor has no bfloat16 instructions: float32 it is");
  return Amp::kOff;
}

Amp amp_in_force(const torch::Device& device) {
  if (!is_autocast_on(device)) return Amp::kOff;
  return autocast_type(device) == torch::kFloat16 ? Amp::kFp16 : Amp::kBf16;
}

AutocastScope::AutocastScope(Amp amp, const torch::Device& device)
    : is_on_(amp != Amp::kOff), device_(device) {
  if (!is_on_) return;
  at::autocast::increment_nesting();
  set_autocast(device_, true, type_of(amp));
}

AutocastScope::~AutocastScope() {
  if (!is_on_) return;
  set_autocast(device_, false, torch::kBFloat16);
  // The outermost one drops the weights that were cast.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

}  // namespace stoker
