#include "trainer/models/segmentation_network.h"

#include <fmt/format.h>

#include <charconv>

#include "libdata/core/error.h"
#include "libdata/volume/features.h"
#include "trainer/predict/volume_input.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

using Metadata = std::map<std::string, std::string>;

const std::string& require(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  if (found != metadata.end()) return found->second;
  throw Error(ErrorCode::kInvalidArgument,
              "expected weights of train --model unet3d, found none of its metadata '" + key + "'");
}

template <typename Number>
Number number(const Metadata& metadata, const std::string& key, Number low, Number high) {
  const std::string& text = require(metadata, key);
  Number value{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && rest == text.data() + text.size() && value >= low && value <= high) {
    return value;
  }
  throw Error(ErrorCode::kCorrupt,
              fmt::format("metadata '{}': expected {} to {}, found '{}'", key, low, high, text));
}

// NaN is above no threshold: a diverged network would give empty masks, as if nothing was there.
void require_finite(const torch::nn::Module& model) {
  for (const auto& [name, values] : state_dict(model)) {
    if (!values.is_floating_point() || torch::isfinite(values).all().item<bool>()) continue;
    throw Error(ErrorCode::kCorrupt, "'" + name +
                                         "' holds NaN or infinity: the training diverged; use "
                                         "weights of an earlier checkpoint");
  }
}

SegmentationNetwork describe(const Metadata& metadata) {
  if (require(metadata, "model") != "unet3d") {
    throw Error(ErrorCode::kInvalidArgument,
                "expected weights of train --model unet3d, found " + metadata.at("model"));
  }
  SegmentationNetwork network;
  network.input = parse_patch_input(require(metadata, "features"));
  if (network.input != PatchInput::kImage &&
      require(metadata, "definition") != kScroll6Definition) {
    throw Error(ErrorCode::kUnsupported, "trained on features '" + metadata.at("definition") +
                                             "'; this version computes '" +
                                             std::string(kScroll6Definition) + "'");
  }
  network.standardize = number<int64_t>(metadata, "standardize", 0, 1) == 1;
  network.window = number<int64_t>(metadata, "window", 1, 16384);
  network.threshold = number<double>(metadata, "threshold", 0.0, 1.0);
  UNet3dShape shape;
  shape.input_channels = channel_count(network.input);
  shape.base = number<int64_t>(metadata, "base", 1, 1024);
  shape.depth = number<int64_t>(metadata, "depth", 1, 8);
  network.model = std::make_shared<UNet3d>(shape);
  return network;
}

}  // namespace

Metadata network_metadata(const SegmentationNetwork& network) {
  const UNet3dShape& shape = network.model->shape();
  return {{"format", "pt"},
          {"model", "unet3d"},
          {"base", fmt::format("{}", shape.base)},
          {"depth", fmt::format("{}", shape.depth)},
          {"classes", "background,surface"},
          {"features", input_name(network.input)},
          {"definition", std::string(kScroll6Definition)},
          {"standardize", network.standardize ? "1" : "0"},
          {"window", fmt::format("{}", network.window)},
          {"threshold", fmt::format("{}", network.threshold)}};
}

fs::path find_weights(const fs::path& path) {
  if (!fs::is_directory(path)) return path;
  for (const char* name : {"best.safetensors", "final.safetensors", "model.safetensors"}) {
    if (fs::exists(path / name)) return path / name;
  }
  const std::vector<FoundCheckpoint> checkpoints = list_checkpoints(path);
  for (auto newest = checkpoints.rbegin(); newest != checkpoints.rend(); ++newest) {
    if (fs::exists(newest->path / kModelFile)) return newest->path / kModelFile;
  }
  throw Error(ErrorCode::kNotFound, "no weights (best.safetensors, checkpoints) in this folder",
              path.string());
}

SegmentationNetwork load_segmentation_network(const fs::path& path) {
  const SafetensorsFile file(find_weights(path));
  try {
    SegmentationNetwork network = describe(file.table().metadata);
    read_tensors(file, state_dict(*network.model));
    require_finite(*network.model);
    network.model->eval();
    network.file_hash = xxh3_128(file.bytes());
    return network;
  } catch (const Error& error) {
    throw error.at(file.path());
  }
}

}  // namespace stoker
