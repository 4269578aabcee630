// --init-from: a network's starting weights out of a safetensors file, of the same network or of
// one that shares most of it (another head, other input channels).
//
// Values of float16, bfloat16 or float64 are converted. What has no value of its name and shape in
// the file keeps its random start, and is named in a warning, with both shapes where they differ;
// the counters of batch norms, which older files lack, are not worth one. The rule for what is too
// little: at least half of the network's parameters (tensors that are trained; running means and
// counters do not count) must fit. One thread. Errors: NotFound, Corrupt (no safetensors file, a
// value that is not finite), InvalidArgument where too little fits; the network is changed only
// when none is thrown.
#pragma once

#include <torch/torch.h>

#include <filesystem>

namespace stoker {

void load_starting_weights(const std::filesystem::path& path, const torch::nn::Module& model);

}  // namespace stoker
