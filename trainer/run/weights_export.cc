#include "trainer/run/weights_export.h"

#include <torch/torch.h>

#include "trainer/models/classifier.h"
#include "trainer/models/segmentation_network.h"
#include "trainer/models/torchscript.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kExampleSide = 64;  // pixels; no side is kept in what is traced

torch::Tensor example_of(const UNet3d& network) {
  const int64_t side = 2 * network.side_step();
  return torch::zeros({1, network.shape().input_channels, side, side, side});
}

}  // namespace

fs::path torchscript_path(const fs::path& weights) {
  return fs::path(weights).replace_extension(".torchscript.pt");
}

void export_torchscript(const fs::path& weights) {
  const SafetensorsFile file(weights);
  const auto& metadata = file.table().metadata;
  const auto model = metadata.find("model");
  if (model != metadata.end() && model->second == "unet3d") {
    const std::shared_ptr<UNet3d> network = load_segmentation_network(weights).model;
    write_torchscript(torchscript_path(weights), torch::nn::AnyModule(network),
                      example_of(*network), metadata);
    return;
  }
  const torch::nn::AnyModule network = load_classifier(file);
  const int64_t channels = network.ptr()->parameters().front().size(1);
  write_torchscript(torchscript_path(weights), network,
                    torch::zeros({1, channels, kExampleSide, kExampleSide}), metadata);
}

}  // namespace stoker
