// Passes of a network in 16-bit numbers: LibTorch's autocast, which chooses for each operation.
//
// One thread. The two generations of LibTorch name it differently; that is seen here alone.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>

namespace stoker {

enum class Amp : uint8_t {
  kOff,   // float32
  kBf16,  // bfloat16: the range of float32, fewer digits
  kFp16,  // float16: a small range, so that losses are scaled (loss_scaler.h); on a GPU only
};

// "": off. "auto": bf16 where the device has instructions for it, else on a GPU fp16, and on a CPU
// nothing, with a warning. "bf16", "fp16": those; InvalidArgument where the device cannot.
Amp choose_amp(const std::string& name, const torch::Device& device);

// What operations of this thread are computed in now.
Amp amp_in_force(const torch::Device& device);

// What is computed while it lives is computed under autocast. To be left before backward.
class AutocastScope {
 public:
  AutocastScope(Amp amp, const torch::Device& device);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  const bool is_on_;
  const torch::Device device_;
};

}  // namespace stoker
