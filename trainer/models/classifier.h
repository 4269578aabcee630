// The 2-D classifiers, by the names that --model takes.
//
// forward: float [batch, channels, height, width] -> logits [batch, classes]. Initialised from
// LibTorch's global random generator, in float32 on the CPU.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>

namespace stoker {

// resnet18, resnet34, resnet50, densenet121; InvalidArgument for other names.
torch::nn::AnyModule make_classifier(const std::string& name, int64_t input_channels,
                                     int64_t class_count);

}  // namespace stoker
