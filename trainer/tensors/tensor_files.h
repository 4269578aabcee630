// Tensors to and from safetensors files.
//
// Values are stored in C order whatever the layout in memory (channels_last ...), and moved to and
// from the tensor's device. Errors: those of safetensors.h; Corrupt where a file does not hold what
// is asked for.
#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trainer/tensors/safetensors.h"

namespace stoker {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// Parameters, then buffers, under the names Python's state_dict() gives them. The tensors share
// storage with the network.
NamedTensors state_dict(const torch::nn::Module& model);

WrittenFile write_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                          const std::map<std::string, std::string>& metadata);

// Copies the file's values into `tensors`: exactly these names, each of its own dtype and shape.
// Nothing is changed when it throws.
void read_tensors(const SafetensorsFile& file, const NamedTensors& tensors);

// Whether the view can become the tensor: same shape, and the same dtype or both of floating point
// (half and double precision are converted), or both integers.
bool is_convertible(const TensorView& view, const torch::Tensor& tensor);
// Precondition: is_convertible.
void copy_converted(const TensorView& view, const torch::Tensor& tensor);

// The name of the first that holds a NaN or an infinity; nullopt where there is none.
std::optional<std::string> find_not_finite(const NamedTensors& tensors);
// Corrupt, naming the tensor, where a value of the file is NaN or infinite.
void check_finite(const SafetensorsFile& file);

}  // namespace stoker
