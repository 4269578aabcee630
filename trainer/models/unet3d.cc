#include "trainer/models/unet3d.h"

#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "trainer/models/gradient_checkpoint.h"

namespace stoker {
namespace {

namespace nn = torch::nn;

constexpr double kNegativeSlope = 0.01;

// Two convolutions, each with norm and activation.
class ConvBlock : public nn::Module {
 public:
  ConvBlock(int64_t in, int64_t out)
      : conv1_(register_module("conv1", convolution(in, out))),
        norm1_(register_module("norm1", norm(out))),
        conv2_(register_module("conv2", convolution(out, out))),
        norm2_(register_module("norm2", norm(out))) {}

  torch::Tensor forward(torch::Tensor x) {
    x = norm1_(conv1_(x));
    torch::leaky_relu_(x, kNegativeSlope);
    x = norm2_(conv2_(x));
    return torch::leaky_relu_(x, kNegativeSlope);
  }

 private:
  static nn::Conv3d convolution(int64_t in, int64_t out) {
    return nn::Conv3d(nn::Conv3dOptions(in, out, 3).padding(1).bias(false));
  }
  static nn::InstanceNorm3d norm(int64_t channels) {
    return nn::InstanceNorm3d(nn::InstanceNorm3dOptions(channels).affine(true));
  }

  nn::Conv3d conv1_;
  nn::InstanceNorm3d norm1_;
  nn::Conv3d conv2_;
  nn::InstanceNorm3d norm2_;
};

NetworkPart as_part(const std::shared_ptr<nn::Module>& block) {
  auto& convolutions = *block->as<ConvBlock>();
  return {{block}, [&convolutions](std::vector<torch::Tensor> inputs) {
            return convolutions.forward(std::move(inputs[0]));
          }};
}

// Its inputs: what comes up, and what was skipped. Each is let go as soon as it has served.
NetworkPart as_part(const std::shared_ptr<nn::Module>& up,
                    const std::shared_ptr<nn::Module>& block) {
  auto& transposed = *up->as<nn::ConvTranspose3d>();
  auto& convolutions = *block->as<ConvBlock>();
  return {{up, block}, [&transposed, &convolutions](std::vector<torch::Tensor> inputs) {
            inputs[0] = transposed.forward(inputs[0]);
            std::swap(inputs[0], inputs[1]);
            torch::Tensor x = torch::cat(inputs, 1);
            inputs.clear();
            return convolutions.forward(std::move(x));
          }};
}

void check_shape(const UNet3dShape& shape) {
  if (shape.input_channels < 1 || shape.class_count < 2 || shape.base < 1 || shape.depth < 1 ||
      shape.depth > 8) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a U-Net of base 1 or more and depth 1 to 8, found base " +
                    std::to_string(shape.base) + ", depth " + std::to_string(shape.depth));
  }
}

void check_input(const torch::Tensor& volumes, const UNet3dShape& shape) {
  bool fits = volumes.dim() == 5 && volumes.size(1) == shape.input_channels;
  for (int64_t axis = 2; fits && axis < 5; ++axis) {
    fits = volumes.size(axis) > 0 && volumes.size(axis) % (int64_t{1} << shape.depth) == 0;
  }
  if (fits) return;
  throw Error(ErrorCode::kInvalidArgument, "U-Net: expected [batch, " +
                                               std::to_string(shape.input_channels) +
                                               ", z, y, x] with sides of multiples of " +
                                               std::to_string(int64_t{1} << shape.depth) +
                                               ", found " + c10::str(volumes.sizes()));
}

// Convolutions by He's rule for LeakyReLU; norms are ones and zeros already.
void initialise_unet(nn::Module& model) {
  const torch::NoGradGuard no_grad;
  for (const auto& module : model.modules(/*include_self=*/false)) {
    if (auto* conv = module->as<nn::Conv3d>()) {
      nn::init::kaiming_normal_(conv->weight, kNegativeSlope);
      if (conv->bias.defined()) nn::init::zeros_(conv->bias);
    } else if (auto* up = module->as<nn::ConvTranspose3d>()) {
      // Stride equals kernel: each output voxel sees every input channel once.
      const double deviation = 1.0 / std::sqrt(static_cast<double>(up->weight.size(0)));
      nn::init::normal_(up->weight, 0.0, deviation);
      nn::init::zeros_(up->bias);
    }
  }
}

}  // namespace

UNet3d::UNet3d(const UNet3dShape& shape) : shape_(shape) {
  check_shape(shape);
  encoder_ = register_module("encoder", nn::ModuleList());
  down_ = register_module("down", nn::ModuleList());
  up_ = register_module("up", nn::ModuleList());
  decoder_ = register_module("decoder", nn::ModuleList());
  int64_t in = shape.input_channels;
  for (int64_t level = 0; level < shape.depth; ++level) {
    const int64_t width = shape.base << level;
    encoder_->push_back(std::make_shared<ConvBlock>(in, width));
    down_->push_back(nn::Conv3d(nn::Conv3dOptions(width, width, 2).stride(2)));
    up_->push_back(
        nn::ConvTranspose3d(nn::ConvTranspose3dOptions(2 * width, 2 * width, 2).stride(2)));
    decoder_->push_back(std::make_shared<ConvBlock>(3 * width, width));
    in = width;
  }
  bottleneck_ = register_module("bottleneck", std::make_shared<ConvBlock>(in, 2 * in));
  head_ = register_module("head", nn::Conv3d(nn::Conv3dOptions(shape.base, shape.class_count, 1)));
  initialise_unet(*this);
}

torch::Tensor UNet3d::forward(torch::Tensor volumes) {
  check_input(volumes, shape_);
  const auto levels = static_cast<size_t>(shape_.depth);
  std::vector<torch::Tensor> skipped(levels);
  torch::Tensor x = std::move(volumes);
  for (size_t level = 0; level < levels; ++level) {
    skipped[level] = run_part(checkpoints_, as_part(encoder_[level]), {x});
    x = down_[level]->as<nn::Conv3d>()->forward(skipped[level]);
  }
  x = run_part(checkpoints_, as_part(bottleneck_), {x});
  for (size_t level = levels; level-- > 0;) {
    std::vector<torch::Tensor> inputs(2);
    inputs[0] = std::move(x);
    inputs[1] = std::move(skipped[level]);
    x = run_part(checkpoints_, as_part(up_[level], decoder_[level]), std::move(inputs));
  }
  return head_(x);
}

}  // namespace stoker
