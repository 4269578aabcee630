#include "trainer/predict/volume_predictor.h"

#include <algorithm>

#include "libdata/core/stop.h"
#include "trainer/models/unet3d.h"
#include "trainer/predict/sliding_window.h"

namespace stoker {
namespace {

// The window's sides: no longer than the volume's, but multiples of what the network halves.
Zyx fit_window(const Zyx& size_zyx, int64_t window, int64_t step) {
  Zyx sides;
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t side = std::min(window, size_zyx[axis]);
    sides[axis] = (side + step - 1) / step * step;
  }
  return sides;
}

torch::Tensor surface_probability(UNet3d& model, const torch::Tensor& windows) {
  return torch::softmax(model.forward(windows).to(torch::kFloat32), 1).select(1, 1);
}

// [N, z, y, x], on the CPU.
torch::Tensor predict_windows(UNet3d& model, const torch::Tensor& windows, bool flips) {
  torch::Tensor sum = surface_probability(model, windows);
  if (!flips) return sum.cpu();
  for (unsigned mirror = 1; mirror < 8; ++mirror) {
    std::vector<int64_t> axes;  // of [N, z, y, x]
    for (int64_t axis = 0; axis < 3; ++axis) {
      if (mirror >> axis & 1u) axes.push_back(axis + 1);
    }
    std::vector<int64_t> input_axes = axes;
    for (int64_t& axis : input_axes)
      ++axis;
    sum += surface_probability(model, windows.flip(input_axes)).flip(axes);
  }
  return (sum / 8.0).cpu();
}

}  // namespace

std::vector<float> predict_surface(UNet3d& model, const VolumeInput& input,
                                   const PredictOptions& options, const torch::Device& device,
                                   const std::function<void(uint64_t n)>& windows_done) {
  const torch::NoGradGuard no_grad;
  const Zyx window = fit_window(input.size_zyx, options.window, model.side_step());
  WindowBlend blend(input.size_zyx, window, options.overlap);
  const auto batch_size = static_cast<size_t>(options.batch_size);
  for (size_t first = 0; first < blend.begins().size(); first += batch_size) {
    throw_if_stopped();
    const size_t count = std::min(batch_size, blend.begins().size() - first);
    std::vector<torch::Tensor> boxes;
    for (size_t i = 0; i < count; ++i)
      boxes.push_back(network_box(input, {blend.begins()[first + i], window}));
    const torch::Tensor predicted =
        predict_windows(model, torch::stack(boxes).to(device), options.flips).contiguous();
    const auto voxels = static_cast<size_t>(window[0] * window[1] * window[2]);
    for (size_t i = 0; i < count; ++i) {
      blend.add(blend.begins()[first + i], {predicted.data_ptr<float>() + i * voxels, voxels});
    }
    if (windows_done) windows_done(count);
  }
  return blend.finish();
}

std::vector<uint8_t> threshold_mask(const std::vector<float>& probabilities, double threshold) {
  std::vector<uint8_t> mask(probabilities.size());
  std::transform(probabilities.begin(), probabilities.end(), mask.begin(),
                 [&](float p) { return static_cast<uint8_t>(p > threshold); });
  return mask;
}

}  // namespace stoker
