// Batch norm, what is added to it, and ReLU: of the layers of a ResNet or DenseNet, what is not a
// convolution. As one operation on the CPU, where each of them would pass over the map by itself.
//
// Maps are [batch, channels, y, x]. One operation: float32 maps on the CPU, channels last. Others
// (CUDA, autocast, other layouts) take the library's operations. The two differ in rounding: batch
// moments are added up in blocks of rows, then in double, in an order that the number of threads
// does not change.
// Source of the gradient: S. Ioffe, C. Szegedy, "Batch Normalization", 2015, section 3.
#pragma once

#include <torch/torch.h>

namespace stoker {

// relu(norm(x) + added), in training and in evaluation; `added` undefined: nothing. Moves the
// running statistics as norm(x) does. `x` and `added` are left as they are.
torch::Tensor norm_relu(torch::nn::BatchNorm2dImpl& norm, const torch::Tensor& x,
                        const torch::Tensor& added = {});

}  // namespace stoker
