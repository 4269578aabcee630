// `predict` on small volumes and an untrained network, all of which the test writes itself.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libdata/core/files.h"
#include "tests/cli/command.h"
#include "tests/trainer/volume_dataset.h"
#include "trainer/models/segmentation_network.h"
#include "trainer/predict/volume_input.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker::testing {

class PredictCommandTest : public CommandTest {
 protected:
  // Weights drawn from `seed`: net.safetensors, of a U-Net that sees the image.
  void write_network(const std::string& file, uint64_t seed,
                     PatchInput input = PatchInput::kImage) const {
    torch::manual_seed(seed);
    SegmentationNetwork network;
    network.input = input;
    network.window = 16;
    network.model = std::make_shared<UNet3d>(UNet3dShape{channel_count(input), 2, 2, 1});
    write_tensors(folder_ / file, state_dict(*network.model), network_metadata(network));
  }

  void SetUp() override {
    CommandTest::SetUp();
    write_network("net.safetensors", 3);
  }

  // Runs predict with the network, unless `options` name another; quickly.
  CommandResult predict(const std::string& options) const {
    std::string line = "predict --threads 1 --device cpu --no-flips " + options;
    if (options.find("--overlap") == std::string::npos) line += " --overlap 0";
    if (options.find("--checkpoint") == std::string::npos) line += " --checkpoint net.safetensors";
    return run(line);
  }

  nlohmann::json report(const std::string& file) const {
    return nlohmann::json::parse(text_of(folder_ / file));
  }

  // The masks of a folder, by name.
  std::map<std::string, std::string> masks(const std::string& folder) const {
    std::map<std::string, std::string> found;
    for (const std::filesystem::path& path : list_files(folder_ / folder)) {
      if (path.extension() == ".tif") found[path.filename().string()] = text_of(path);
    }
    return found;
  }
};

}  // namespace stoker::testing
