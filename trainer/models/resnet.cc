#include "trainer/models/resnet.h"

#include <string>

#include "trainer/models/blur_conv.h"
#include "trainer/models/gradient_checkpoint.h"
#include "trainer/models/norm_relu.h"

namespace stoker {
namespace {

namespace nn = torch::nn;

// How a block goes down in size, where it does.
struct Descent {
  int64_t stride = 1;
  bool blurpool = false;
};

BlurConv2d descending_convolution(int64_t in, int64_t out, int64_t kernel, const Descent& descent) {
  return BlurConv2d(
      nn::Conv2dOptions(in, out, kernel).stride(descent.stride).padding(kernel / 2).bias(false),
      descent.blurpool && descent.stride > 1);
}

// The way around a block, where size or width change; empty where the input itself is added.
nn::Sequential make_downsample(int64_t in, int64_t out, const Descent& descent) {
  if (descent.stride == 1 && in == out) return nn::Sequential(nullptr);
  return nn::Sequential(descending_convolution(in, out, 1, descent), nn::BatchNorm2d(out));
}

// Two 3x3 convolutions.
class BasicBlock : public nn::Module {
 public:
  BasicBlock(int64_t in, int64_t width, const Descent& descent)
      : conv1_(register_module("conv1", descending_convolution(in, width, 3, descent))),
        bn1_(register_module("bn1", nn::BatchNorm2d(width))),
        conv2_(register_module("conv2", convolution(width, width, 3))),
        bn2_(register_module("bn2", nn::BatchNorm2d(width))),
        downsample_(make_downsample(in, width, descent)) {
    if (!downsample_.is_empty()) register_module("downsample", downsample_);
  }

  torch::Tensor forward(torch::Tensor input) {
    const torch::Tensor around = downsample_.is_empty() ? input : downsample_->forward(input);
    const torch::Tensor x = norm_relu(*bn1_, conv1_(input));
    return norm_relu(*bn2_, conv2_(x), around);
  }

 private:
  BlurConv2d conv1_;
  nn::BatchNorm2d bn1_;
  nn::Conv2d conv2_;
  nn::BatchNorm2d bn2_;
  nn::Sequential downsample_;
};

// 1x1 down to `width`, 3x3, 1x1 up to four times `width`.
class Bottleneck : public nn::Module {
 public:
  static constexpr int64_t kExpansion = 4;

  Bottleneck(int64_t in, int64_t width, const Descent& descent)
      : conv1_(register_module("conv1", convolution(in, width, 1))),
        bn1_(register_module("bn1", nn::BatchNorm2d(width))),
        conv2_(register_module("conv2", descending_convolution(width, width, 3, descent))),
        bn2_(register_module("bn2", nn::BatchNorm2d(width))),
        conv3_(register_module("conv3", convolution(width, width * kExpansion, 1))),
        bn3_(register_module("bn3", nn::BatchNorm2d(width * kExpansion))),
        downsample_(make_downsample(in, width * kExpansion, descent)) {
    if (!downsample_.is_empty()) register_module("downsample", downsample_);
  }

  torch::Tensor forward(torch::Tensor input) {
    const torch::Tensor around = downsample_.is_empty() ? input : downsample_->forward(input);
    torch::Tensor x = norm_relu(*bn1_, conv1_(input));
    x = norm_relu(*bn2_, conv2_(x));
    return norm_relu(*bn3_, conv3_(x), around);
  }

 private:
  nn::Conv2d conv1_;
  nn::BatchNorm2d bn1_;
  BlurConv2d conv2_;
  nn::BatchNorm2d bn2_;
  nn::Conv2d conv3_;
  nn::BatchNorm2d bn3_;
  nn::Sequential downsample_;
};

// As torchvision: convolutions by He's rule over their outputs; norms are ones and zeros already.
void initialise_resnet(nn::Module& model) {
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (auto* conv = module->as<nn::Conv2d>()) {
      nn::init::kaiming_normal_(conv->weight, 0.0, torch::kFanOut, torch::kReLU);
    }
  }
}

}  // namespace

ResNet::ResNet(const ResNetShape& shape, int64_t input_channels, int64_t class_count) {
  conv1_ = register_module(
      "conv1",
      nn::Conv2d(nn::Conv2dOptions(input_channels, 64, 7).stride(2).padding(3).bias(false)));
  bn1_ = register_module("bn1", nn::BatchNorm2d(64));
  for (size_t i = 0; i < layers_.size(); ++i) {
    layers_[i] = register_module("layer" + std::to_string(i + 1), make_layer(shape, i));
  }
  fc_ = register_module("fc", nn::Linear(width_, class_count));
  initialise_resnet(*this);
}

nn::Sequential ResNet::make_layer(const ResNetShape& shape, size_t index) {
  const int64_t width = int64_t{64} << index;
  nn::Sequential layer;
  for (int64_t block = 0; block < shape.blocks[index]; ++block) {
    const Descent descent{block == 0 && index > 0 ? 2 : 1, shape.blurpool};
    if (shape.bottleneck) {
      layer->push_back(std::make_shared<Bottleneck>(width_, width, descent));
      width_ = width * Bottleneck::kExpansion;
    } else {
      layer->push_back(std::make_shared<BasicBlock>(width_, width, descent));
      width_ = width;
    }
  }
  return layer;
}

torch::Tensor ResNet::forward(torch::Tensor images) {
  torch::Tensor x = norm_relu(*bn1_, conv1_(images));
  x = torch::max_pool2d(x, 3, 2, 1);
  for (nn::Sequential& layer : layers_) {
    for (nn::AnyModule& block : *layer) {
      const NetworkPart part{{block.ptr()}, [&block](const std::vector<torch::Tensor>& inputs) {
                               return block.forward(inputs[0]);
                             }};
      x = run_part(checkpoints_, part, {x});
    }
  }
  return fc_(torch::adaptive_avg_pool2d(x, {1, 1}).flatten(1));
}

}  // namespace stoker
