// Weighted sums by name that stay on the device until somebody asks: MetricSums of a run's steps,
// without a wait in each.
//
// In float64, in the order of the steps, so that a run that was interrupted has the sums of one
// that was not, bit for bit. One thread.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>

#include "trainer/metrics/metric_sums.h"

namespace stoker {

class DeviceSums {
 public:
  // Forgets what there is and goes on from `sums`.
  void restore(const MetricSums& sums, const torch::Device& device);

  // Adds mean * weight and weight where `counts` (a bool scalar on the device), else nothing, even
  // if `mean` (a scalar there) is not finite.
  void add(const std::string& name, const torch::Tensor& mean, double weight,
           const torch::Tensor& counts);
  // The same of a sum.
  void add_sum(const std::string& name, const torch::Tensor& sum, double weight,
               const torch::Tensor& counts);

  // Waits for the device. Names to which nothing was added are not among them.
  MetricSums read() const;

 private:
  std::map<std::string, torch::Tensor> by_name_;  // float64 [2]: sum, weight
};

}  // namespace stoker
