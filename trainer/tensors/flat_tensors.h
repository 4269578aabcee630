// Tensors of one dtype as views of one stretch of memory: what is done to all of them, or sent to
// another device, is one kernel or one copy instead of one each.
//
// Each view begins at a multiple of 64 bytes and keeps shape and strides of the tensor it stands
// for; what lies between them is 0 and stays 0 under anything that maps 0 to 0.
// Precondition: the tensors are dense, without overlap, on one device.
// One thread. Ownership: the views share the memory.
#pragma once

#include <torch/torch.h>

#include <vector>

namespace stoker {

struct FlatTensors {
  torch::Tensor flat;  // 1-D; empty where there are no tensors
  std::vector<torch::Tensor> views;
};

FlatTensors zeros_like(const std::vector<torch::Tensor>& tensors);

// Moves the tensors (parameters, buffers) themselves there: they keep their values and are views
// from now on.
FlatTensors flatten(const std::vector<torch::Tensor>& tensors);

}  // namespace stoker
