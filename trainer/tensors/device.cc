#include "trainer/tensors/device.h"

#include "libdata/core/error.h"

namespace stoker {

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

}  // namespace stoker
