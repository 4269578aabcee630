#include "trainer/tensors/flat_tensors.h"

#include <cstdint>

namespace stoker {
namespace {

constexpr int64_t kAlignmentBytes = 64;

}  // namespace

FlatTensors zeros_like(const std::vector<torch::Tensor>& tensors) {
  FlatTensors made;
  made.flat = torch::zeros({0});
  if (tensors.empty()) return made;
  const int64_t step = kAlignmentBytes / static_cast<int64_t>(tensors.front().element_size());
  std::vector<int64_t> begins;
  int64_t size = 0;
  for (const torch::Tensor& tensor : tensors) {
    begins.push_back(size);
    size += (tensor.numel() + step - 1) / step * step;
  }
  made.flat = torch::zeros({size}, tensors.front().options().requires_grad(false));
  for (size_t i = 0; i < tensors.size(); ++i) {
    made.views.push_back(made.flat.as_strided(tensors[i].sizes(), tensors[i].strides(), begins[i]));
  }
  return made;
}

FlatTensors flatten(const std::vector<torch::Tensor>& tensors) {
  const torch::NoGradGuard no_grad;
  FlatTensors made = zeros_like(tensors);
  for (size_t i = 0; i < tensors.size(); ++i) {
    made.views[i].copy_(tensors[i]);
    torch::Tensor(tensors[i]).set_data(made.views[i]);
  }
  return made;
}

}  // namespace stoker
