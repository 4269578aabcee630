// The 2-D classifiers, by the names that --model takes.
//
// forward: float [batch, channels, height, width] -> logits [batch, classes]. Initialised from
// LibTorch's global random generator, in float32 on the CPU.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <string>

#include "trainer/options/network_options.h"
#include "trainer/tensors/safetensors.h"

namespace stoker {

// In the metadata of weights whose network has NetworkOptions::blurpool: their names don't tell.
inline constexpr const char* kBlurPoolKey = "blurpool";

// resnet18, resnet34, resnet50, densenet121; InvalidArgument for other names.
torch::nn::AnyModule make_classifier(const std::string& name, int64_t input_channels,
                                     int64_t class_count, const NetworkOptions& options = {});

// The network of a weights file that a run has written, with its weights, in evaluation mode.
// InvalidArgument for weights of no classifier; Corrupt where they do not fit.
torch::nn::AnyModule load_classifier(const SafetensorsFile& file);

}  // namespace stoker
