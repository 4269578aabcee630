#include "trainer/optim/weight_average.h"

#include <algorithm>
#include <map>

namespace stoker {

// Parameters and buffers are views of a few stretches of memory (flat_tensors.h): a stretch is
// averaged at once, whatever lies in it.
WeightAverage::WeightAverage(const torch::nn::Module& model, double decay) : decay_(decay) {
  const torch::NoGradGuard no_grad;
  std::map<const c10::StorageImpl*, size_t> known;
  for (const auto& [name, tensor] : state_dict(model)) {
    const auto [found, is_new] =
        known.emplace(tensor.storage().unsafeGetStorageImpl(), pairs_.size());
    if (is_new) {
      torch::Tensor whole = torch::empty({0}, tensor.options());
      whole.set_(tensor.storage());
      pairs_.push_back({whole, whole.clone()});
    }
    tensors_.emplace_back(name, pairs_[found->second].average.as_strided(
                                    tensor.sizes(), tensor.strides(), tensor.storage_offset()));
  }
}

void WeightAverage::restart() {
  const torch::NoGradGuard no_grad;
  for (Pair& pair : pairs_)
    pair.average.copy_(pair.weights);
}

void WeightAverage::update(uint64_t steps_before, const torch::Tensor& taken) {
  const torch::NoGradGuard no_grad;
  const auto steps = static_cast<double>(steps_before);
  const double share = 1.0 - std::min(decay_, (1.0 + steps) / (10.0 + steps));
  for (Pair& pair : pairs_) {
    if (!pair.weights.is_floating_point()) {
      pair.average.copy_(torch::where(taken, pair.weights, pair.average));
      continue;
    }
    const torch::Tensor some = torch::full({}, share, pair.weights.options());
    pair.average.lerp_(pair.weights, torch::where(taken, some, torch::zeros_like(some)));
  }
}

void WeightAverage::swap() {
  const torch::NoGradGuard no_grad;
  for (Pair& pair : pairs_) {
    const torch::Tensor weights = pair.weights.clone();
    pair.weights.copy_(pair.average);
    pair.average.copy_(weights);
  }
}

}  // namespace stoker
