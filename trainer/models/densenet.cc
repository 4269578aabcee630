#include "trainer/models/densenet.h"

#include <string>

#include "trainer/models/blur_conv.h"
#include "trainer/models/gradient_checkpoint.h"
#include "trainer/models/norm_relu.h"

namespace stoker {

namespace nn = torch::nn;

namespace {

constexpr int64_t kGrowth = 32;
constexpr int64_t kFirstWidth = 64;
constexpr int64_t kBottleneck = 4 * kGrowth;
constexpr int64_t kLayersOfBlock[] = {6, 12, 24, 16};

// As torchvision: convolutions by He's rule over their inputs, no bias in the classifier.
void initialise_densenet(nn::Module& model) {
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (auto* conv = module->as<nn::Conv2d>()) nn::init::kaiming_normal_(conv->weight);
    if (auto* linear = module->as<nn::Linear>()) nn::init::zeros_(linear->bias);
  }
}

}  // namespace

// Adds kGrowth channels, made from all channels so far.
class DenseLayer : public nn::Module {
 public:
  explicit DenseLayer(int64_t in)
      : norm1_(register_module("norm1", nn::BatchNorm2d(in))),
        conv1_(register_module("conv1", convolution(in, kBottleneck, 1))),
        norm2_(register_module("norm2", nn::BatchNorm2d(kBottleneck))),
        conv2_(register_module("conv2", convolution(kBottleneck, kGrowth, 3))) {}

  torch::Tensor forward(const torch::Tensor& features) {
    const torch::Tensor x = conv1_(norm_relu(*norm1_, features));
    return conv2_(norm_relu(*norm2_, x));
  }

 private:
  nn::BatchNorm2d norm1_;
  nn::Conv2d conv1_;
  nn::BatchNorm2d norm2_;
  nn::Conv2d conv2_;
};

DenseNet121::DenseNet121(int64_t input_channels, int64_t class_count) {
  // Plain modules that only give their children the names torchvision's nested Sequentials give.
  const auto folder = [](nn::Module& parent, const std::string& name) {
    return parent.register_module(name, std::make_shared<nn::Module>(name));
  };
  const auto features = folder(*this, "features");
  conv0_ = features->register_module(
      "conv0",
      nn::Conv2d(
          nn::Conv2dOptions(input_channels, kFirstWidth, 7).stride(2).padding(3).bias(false)));
  norm0_ = features->register_module("norm0", nn::BatchNorm2d(kFirstWidth));
  int64_t width = kFirstWidth;
  for (size_t b = 0; b < std::size(kLayersOfBlock); ++b) {
    const std::string number = std::to_string(b + 1);
    const auto block = folder(*features, "denseblock" + number);
    auto& layers = blocks_.emplace_back();
    for (int64_t i = 0; i < kLayersOfBlock[b]; ++i, width += kGrowth) {
      layers.push_back(block->register_module("denselayer" + std::to_string(i + 1),
                                              std::make_shared<DenseLayer>(width)));
    }
    if (b + 1 == std::size(kLayersOfBlock)) break;
    const auto transition = folder(*features, "transition" + number);
    transitions_.push_back({transition->register_module("norm", nn::BatchNorm2d(width)),
                            transition->register_module("conv", convolution(width, width / 2, 1))});
    width /= 2;
  }
  norm5_ = features->register_module("norm5", nn::BatchNorm2d(width));
  classifier_ = register_module("classifier", nn::Linear(width, class_count));
  initialise_densenet(*this);
}

torch::Tensor DenseNet121::forward(torch::Tensor images) {
  torch::Tensor x = norm_relu(*norm0_, conv0_(images));
  x = torch::max_pool2d(x, 3, 2, 1);
  for (size_t b = 0; b < blocks_.size(); ++b) {
    for (const auto& layer : blocks_[b]) {
      const NetworkPart part{{layer}, [&layer](const std::vector<torch::Tensor>& inputs) {
                               return layer->forward(inputs[0]);
                             }};
      x = torch::cat({x, run_part(checkpoints_, part, {x})}, 1);
    }
    if (b == transitions_.size()) break;
    x = transitions_[b].conv(norm_relu(*transitions_[b].norm, x));
    x = torch::avg_pool2d(x, 2, 2);
  }
  x = norm_relu(*norm5_, x);
  return classifier_(torch::adaptive_avg_pool2d(x, {1, 1}).flatten(1));
}

}  // namespace stoker
