#include "trainer/models/classifier.h"

#include <memory>

#include "libdata/core/error.h"
#include "trainer/models/densenet.h"
#include "trainer/models/resnet.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

template <typename Network>
torch::nn::AnyModule as_classifier(const std::shared_ptr<Network>& network,
                                   const NetworkOptions& options) {
  network->set_gradient_checkpointing(options.gradient_checkpointing);
  return torch::nn::AnyModule(network);
}

// The extent of a tensor's axis.
int64_t extent(const SafetensorsFile& file, const char* tensor, size_t axis) {
  const TensorView* view = file.table().find(tensor);
  if (view != nullptr && view->shape.size() > axis) return view->shape[axis];
  throw Error(ErrorCode::kCorrupt, std::string("expected weights with '") + tensor + "'",
              file.path());
}

}  // namespace

torch::nn::AnyModule make_classifier(const std::string& name, int64_t input_channels,
                                     int64_t class_count, const NetworkOptions& options) {
  const auto resnet = [&](ResNetShape shape) {
    shape.blurpool = options.blurpool;
    return as_classifier(std::make_shared<ResNet>(shape, input_channels, class_count), options);
  };
  if (name == "resnet18") return resnet(kResNet18);
  if (name == "resnet34") return resnet(kResNet34);
  if (name == "resnet50") return resnet(kResNet50);
  if (name == "densenet121") {
    return as_classifier(std::make_shared<DenseNet121>(input_channels, class_count), options);
  }
  throw Error(ErrorCode::kInvalidArgument, "--model: no classifier is called '" + name + "'");
}

torch::nn::AnyModule load_classifier(const SafetensorsFile& file) {
  const auto& metadata = file.table().metadata;
  const auto model = metadata.find("model");
  if (model == metadata.end()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected weights of `train`, whose metadata names the model", file.path());
  }
  const bool is_densenet = model->second.starts_with("densenet");
  NetworkOptions options;
  options.blurpool = metadata.contains(kBlurPoolKey);
  torch::nn::AnyModule network = make_classifier(
      model->second, extent(file, is_densenet ? "features.conv0.weight" : "conv1.weight", 1),
      extent(file, is_densenet ? "classifier.weight" : "fc.weight", 0), options);
  read_tensors(file, state_dict(*network.ptr()));
  network.ptr()->eval();
  return network;
}

}  // namespace stoker
