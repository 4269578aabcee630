// Weights that a run has written, in a form for other programs.
//
// One thread. Errors: NotFound, Corrupt, those of torchscript.h; InvalidArgument for weights of
// something else than `train`.
#pragma once

#include <filesystem>

namespace stoker {

// "best.safetensors" -> "best.torchscript.pt", in the same folder.
std::filesystem::path torchscript_path(const std::filesystem::path& weights);

// Writes torchscript_path(weights): the network of the weights file, on the CPU, in float32. Its
// input is what the network sees: normalised images, features of a volume.
void export_torchscript(const std::filesystem::path& weights);

}  // namespace stoker
