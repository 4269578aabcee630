// A network as a TorchScript file: torch.jit.load runs it in Python and C++ without our code.
//
// What the network does with `example` is traced, in evaluation mode: operations are recorded, with
// parameters and buffers under the names they have in weights files. No size is recorded, so that
// other batches and sides serve as well, as far as the network takes them. The file's extra file
// "metadata.json" holds `metadata`, as the weights' file does. One thread. Errors: Io.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>

namespace stoker {

// Replaces `path` as a whole. The network is left in evaluation mode.
void write_torchscript(const std::filesystem::path& path, torch::nn::AnyModule network,
                       const torch::Tensor& example,
                       const std::map<std::string, std::string>& metadata);

}  // namespace stoker
