#include "trainer/models/classifier.h"

#include <memory>

#include "libdata/core/error.h"
#include "trainer/models/densenet.h"
#include "trainer/models/resnet.h"

namespace stoker {

torch::nn::AnyModule make_classifier(const std::string& name, int64_t input_channels,
                                     int64_t class_count) {
  const auto resnet = [&](const ResNetShape& shape) {
    return torch::nn::AnyModule(std::make_shared<ResNet>(shape, input_channels, class_count));
  };
  if (name == "resnet18") return resnet(kResNet18);
  if (name == "resnet34") return resnet(kResNet34);
  if (name == "resnet50") return resnet(kResNet50);
  if (name == "densenet121") {
    return torch::nn::AnyModule(std::make_shared<DenseNet121>(input_channels, class_count));
  }
  throw Error(ErrorCode::kInvalidArgument, "--model: no classifier is called '" + name + "'");
}

}  // namespace stoker
