#include "trainer/feed/device_feed.h"

#include <cstring>

#include "libdata/core/error.h"

namespace stoker {

torch::Tensor copy_to_device(ByteSpan bytes, at::IntArrayRef sizes, torch::ScalarType type,
                             const torch::Device& device) {
  const auto options = torch::TensorOptions().dtype(type).pinned_memory(device.is_cuda());
  const torch::Tensor host = torch::empty(sizes, options);
  if (host.nbytes() != bytes.size()) {
    throw Error(ErrorCode::kInternal, "expected " + std::to_string(host.nbytes()) +
                                          " bytes for a tensor, found " +
                                          std::to_string(bytes.size()));
  }
  if (!bytes.empty()) std::memcpy(host.data_ptr(), bytes.data(), bytes.size());
  return host.to(device, /*non_blocking=*/true);
}

torch::MemoryFormat volume_format(const torch::Device& device) {
  return device.is_cuda() ? torch::MemoryFormat::ChannelsLast3d : torch::MemoryFormat::Contiguous;
}

torch::Device choose_device(const std::string& text) {
  if (text == "auto") {
    return torch::cuda::is_available() ? torch::Device(torch::kCUDA, 0)
                                       : torch::Device(torch::kCPU);
  }
  if (text == "cpu") return torch::kCPU;
  const bool indexed = text.starts_with("cuda:") && text.size() > 5 && text.size() < 9 &&
                       text.find_first_not_of("0123456789", 5) == std::string::npos;
  if (text != "cuda" && !indexed) {
    throw Error(ErrorCode::kInvalidArgument,
                "--device: expected auto, cpu, cuda or cuda:N, found '" + text + "'");
  }
  const int index = indexed ? std::stoi(text.substr(5)) : 0;
  const int64_t found = static_cast<int64_t>(torch::cuda::device_count());
  if (index >= found) {
    throw Error(ErrorCode::kInvalidArgument,
                "--device " + text + ": there are " + std::to_string(found) +
                    " CUDA devices that this build of LibTorch can use");
  }
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}

void move_to_device(torch::nn::Module& model, const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  model.to(device);
  for (torch::Tensor& parameter : model.parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    } else if (parameter.dim() == 5) {
      parameter.set_data(parameter.contiguous(volume_format(device)));
    }
  }
}

PixelFeed::PixelFeed(std::vector<double> mean, std::vector<double> std, const torch::Device& device)
    : device_(device), channels_(static_cast<int64_t>(mean.size())) {
  // x * scale + shift: one multiplication and one addition a value.
  std::vector<double> scale(mean.size());
  std::vector<double> shift(mean.size());
  for (size_t c = 0; c < mean.size(); ++c) {
    scale[c] = 1.0 / (255.0 * std.at(c));
    shift[c] = -mean[c] / std.at(c);
  }
  scale_ = torch::tensor(scale, torch::kFloat32).to(device);
  shift_ = torch::tensor(shift, torch::kFloat32).to(device);
}

torch::Tensor PixelFeed::images(std::span<const uint8_t> pixels_nhwc, int64_t batch, int64_t height,
                                int64_t width) const {
  const torch::Tensor bytes =
      copy_to_device(pixels_nhwc, {batch, height, width, channels_}, torch::kUInt8, device_);
  const torch::Tensor values = bytes.to(torch::kFloat32).mul_(scale_).add_(shift_);
  // NHWC in memory seen as NCHW is channels_last; nothing is moved. With one channel the strides
  // are ambiguous, and are spelt out as channels_last.
  return values.permute({0, 3, 1, 2}).contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor PixelFeed::labels(std::span<const int64_t> labels) const {
  return copy_to_device(bytes_of(labels), {static_cast<int64_t>(labels.size())}, torch::kInt64,
                        device_);
}

}  // namespace stoker
