// What a training step must have in memory at once, estimated from below before a run starts, so
// that one that can't fit is refused with the figure instead of being killed by the system.
//
// Activations are measured: a forward pass over a crop of a few dozen pixels a side, of which every
// byte that is kept for the backward pass is counted, then scaled to crop and batch, of the epochs
// whose batches are the largest (their size is proportional to pixels, but for the last small
// maps). The network is as it was afterwards: running statistics and the random generator are put
// back. One thread. Errors: InvalidArgument from check_memory.
#pragma once

#include <torch/torch.h>

#include <cstdint>

#include "trainer/options/train_options.h"
#include "trainer/tasks/task.h"

namespace stoker {

struct MemoryEstimate {
  uint64_t parameters = 0;          // a number, not bytes
  uint64_t weights = 0;             // bytes: parameters and buffers
  uint64_t gradients = 0;           // bytes
  uint64_t optimizer = 0;           // bytes: moments
  uint64_t average = 0;             // bytes: of the weights, with --use-ema
  uint64_t activations = 0;         // bytes, of a batch
  uint64_t activations_of_one = 0;  // of a sample
  uint64_t batches = 0;             // bytes: the loader's, on the host, and the one in hand

  // What is there whatever the batch's size.
  uint64_t fixed() const { return weights + gradients + optimizer + average; }
  uint64_t total() const { return fixed() + activations + batches; }
};

// For settled options and the task made from them.
MemoryEstimate estimate_memory(const Task& task, const TrainOptions& options);

// Where the run is on the CPU and memory is short: InvalidArgument, with how large a batch would
// fit. On a GPU only what lies on the host is looked at.
void check_memory(const MemoryEstimate& estimate, const TrainOptions& options,
                  const torch::Device& device);

}  // namespace stoker
