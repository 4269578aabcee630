// Gradient checkpointing: what a part of a network computes on its way is not kept for the backward
// pass, but computed again there, from the part's inputs. Memory for a second forward pass.
//
// Losses and gradients are those of the network without it, to the bit on a CPU: the second pass
// runs under the autocast of the first, and running statistics of batch norms are moved by the
// first alone. Not supported: parts that draw random numbers, gradients of gradients, more than one
// backward pass over a graph. One thread. Ownership: a graph shares the modules and the inputs.
// Source: T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
#pragma once

#include <torch/torch.h>

#include <functional>
#include <memory>
#include <vector>

namespace stoker {

// `modules`: all whose parameters `forward` uses. What it captures must outlive the graph.
struct NetworkPart {
  std::vector<std::shared_ptr<torch::nn::Module>> modules;
  std::function<torch::Tensor(std::vector<torch::Tensor>)> forward;
};

// part.forward(inputs), checkpointed where `checkpoints` and a gradient is to be had. `inputs` are
// not changed in place by the part.
torch::Tensor run_part(bool checkpoints, NetworkPart part, std::vector<torch::Tensor> inputs);

}  // namespace stoker
