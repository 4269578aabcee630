#include "trainer/run/device_sums.h"

namespace stoker {

void DeviceSums::restore(const MetricSums& sums, const torch::Device& device) {
  by_name_.clear();
  for (const auto& [name, sum] : sums.by_name)
    by_name_[name] = torch::tensor({sum.sum, sum.weight}, torch::kFloat64).to(device);
}

void DeviceSums::add(const std::string& name, const torch::Tensor& mean, double weight,
                     const torch::Tensor& counts) {
  add_sum(name, mean.detach().to(torch::kFloat64) * weight, weight, counts);
}

void DeviceSums::add_sum(const std::string& name, const torch::Tensor& sum, double weight,
                         const torch::Tensor& counts) {
  const auto options = torch::TensorOptions().dtype(torch::kFloat64).device(sum.device());
  torch::Tensor& sums = by_name_[name];
  if (!sums.defined()) sums = torch::zeros({2}, options);
  const torch::Tensor added =
      torch::stack({sum.to(torch::kFloat64), torch::full({}, weight, options)});
  sums.add_(torch::where(counts, added, torch::zeros({2}, options)));
}

MetricSums DeviceSums::read() const {
  MetricSums read;
  for (const auto& [name, on_device] : by_name_) {
    const torch::Tensor sums = on_device.cpu();
    const double weight = sums[1].item<double>();
    if (weight > 0.0) read.add(name, sums[0].item<double>(), weight);
  }
  return read;
}

}  // namespace stoker
