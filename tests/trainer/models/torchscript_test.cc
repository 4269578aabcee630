// Exported networks, run by LibTorch here and by Python's torch, against the networks themselves.
#include "trainer/models/torchscript.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "libdata/core/error.h"
#include "tests/cli/command.h"
#include "trainer/models/classifier.h"
#include "trainer/models/segmentation_network.h"
#include "trainer/run/weights_export.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using Metadata = std::map<std::string, std::string>;

// Of a sample batch that is neither of the size nor of the side of what was traced.
struct Exported {
  std::vector<int64_t> input;
  torch::Tensor outputs;
  NamedTensors state;
};

// Made of arithmetic, so that Python makes the same.
torch::Tensor arithmetic(const std::vector<int64_t>& sizes) {
  int64_t count = 1;
  for (const int64_t size : sizes)
    count *= size;
  return (torch::arange(count) * 7 % 23).to(torch::kFloat32).view(sizes) / 8 - 1;
}

// What distinguishes a network in evaluation mode from one in training.
void set_running_statistics(torch::nn::Module& model) {
  const torch::NoGradGuard no_grad;
  for (auto& item : model.named_buffers()) {
    const torch::Tensor ramp = torch::arange(item.value().numel(), torch::kFloat32);
    if (item.key().ends_with("running_mean")) item.value().copy_(torch::sin(ramp) * 0.1);
    if (item.key().ends_with("running_var")) item.value().copy_(1.0 + 0.5 * torch::cos(ramp));
  }
}

class TorchScript : public testing::CommandTest {
 protected:
  // Writes weights as a run does, and their export.
  Exported export_classifier(const std::string& name, int64_t channels, const Metadata& more = {}) {
    NetworkOptions options;
    options.blurpool = more.contains(kBlurPoolKey);
    torch::nn::AnyModule model = make_classifier(name, channels, 5, options);
    set_running_statistics(*model.ptr());
    Metadata metadata{{"model", name}, {"crop", "64"}};
    metadata.insert(more.begin(), more.end());
    return write(model, metadata, {3, channels, 96, 80});
  }

  Exported export_unet() {
    SegmentationNetwork network;
    network.model = std::make_shared<UNet3d>(UNet3dShape{6, 2, 4, 2});
    return write(torch::nn::AnyModule(network.model), network_metadata(network), {1, 6, 8, 12, 16});
  }

  // The logits of "best.torchscript.pt" in Python; empty where it has no torch.
  torch::Tensor python_outputs(const Exported& exported) const {
    const std::string sizes = nlohmann::json(exported.input).dump();
    const testing::CommandResult result =
        run("/usr/bin/python3 - <<'END'\n"
            "import json, math, torch\n"
            "extra = {'metadata.json': ''}\n"
            "network = torch.jit.load('best.torchscript.pt', _extra_files=extra).eval()\n"
            "sizes = " +
            sizes +
            "\n"
            "images = (torch.arange(math.prod(sizes)) * 7 % 23).float().view(sizes) / 8 - 1\n"
            "assert json.loads(extra['metadata.json'])['model']\n"
            "names = [name for name, _ in network.named_parameters()]\n"
            "with torch.no_grad():\n"
            "    print(len(names), *map(repr, network(images).flatten().tolist()))\n"
            "END");
    if (result.err.find("No module named 'torch'") != std::string::npos || result.exit_code == 127)
      return {};
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::istringstream numbers(result.out);
    size_t parameters = 0;
    numbers >> parameters;
    EXPECT_EQ(parameters, static_cast<size_t>(std::count_if(
                              exported.state.begin(), exported.state.end(),
                              [](const auto& item) { return item.second.requires_grad(); })));
    std::vector<float> values;
    for (float value = 0; numbers >> value;)
      values.push_back(value);
    return torch::tensor(values).view(exported.outputs.sizes());
  }

  void expect_same_outputs(const Exported& exported) const {
    const torch::NoGradGuard no_grad;
    auto loaded = torch::jit::load((folder_ / "best.torchscript.pt").string());
    const torch::Tensor ours = loaded.forward({arithmetic(exported.input)}).toTensor();
    // Not to the bit: the interpreter may pick another kernel for the same convolution.
    EXPECT_TRUE(torch::allclose(ours, exported.outputs, 1e-5, 1e-5))
        << (ours - exported.outputs).abs().max().item<float>();
    NamedTensors state;
    for (const auto& item : loaded.named_parameters())
      state.emplace_back(item.name, item.value);
    for (const auto& item : loaded.named_buffers())
      state.emplace_back(item.name, item.value);
    std::sort(state.begin(), state.end(), [](auto& a, auto& b) { return a.first < b.first; });
    ASSERT_EQ(state.size(), exported.state.size());
    for (size_t i = 0; i < state.size(); ++i) {
      EXPECT_EQ(state[i].first, exported.state[i].first);
      EXPECT_TRUE(torch::equal(state[i].second, exported.state[i].second)) << state[i].first;
    }
    const torch::Tensor pythons = python_outputs(exported);
    if (!pythons.defined()) GTEST_SKIP() << "python3-torch is not installed";
    const double largest = exported.outputs.abs().max().item<double>();
    EXPECT_GT(largest, 1e-3);
    EXPECT_LT((pythons - exported.outputs).abs().max().item<double>(), 1e-4 * largest);
  }

 private:
  Exported write(torch::nn::AnyModule model, const Metadata& metadata,
                 const std::vector<int64_t>& input) {
    const NamedTensors state = state_dict(*model.ptr());
    write_tensors(folder_ / "best.safetensors", state, metadata);
    export_torchscript(folder_ / "best.safetensors");
    const torch::NoGradGuard no_grad;
    model.ptr()->eval();
    Exported exported{input, model.forward(arithmetic(input)), state};
    std::sort(exported.state.begin(), exported.state.end(),
              [](auto& a, auto& b) { return a.first < b.first; });
    return exported;
  }
};

TEST_F(TorchScript, ResNetsComputeWhatTheyDid) {
  torch::manual_seed(7);
  expect_same_outputs(export_classifier("resnet18", 3));
  expect_same_outputs(export_classifier("resnet50", 1));
}

TEST_F(TorchScript, BlursAreExportedToo) {
  torch::manual_seed(8);
  expect_same_outputs(export_classifier("resnet18", 3, {{kBlurPoolKey, "1"}}));
}

TEST_F(TorchScript, DenseNetsComputeWhatTheyDid) {
  torch::manual_seed(9);
  expect_same_outputs(export_classifier("densenet121", 3));
}

TEST_F(TorchScript, UNetsComputeWhatTheyDid) {
  torch::manual_seed(10);
  expect_same_outputs(export_unet());
}

TEST_F(TorchScript, WeightsOfNobodyKnownAreRefused) {
  const fs::path path = folder_ / "weights.safetensors";
  write_tensors(path, {{"fc.weight", torch::zeros({2, 2})}}, {{"format", "pt"}});
  try {
    export_torchscript(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  }
  write_tensors(path, {{"fc.weight", torch::zeros({2, 2})}}, {{"model", "resnet18"}});
  EXPECT_THROW(export_torchscript(path), Error);
  EXPECT_FALSE(fs::exists(folder_ / "weights.torchscript.pt"));
}

}  // namespace
}  // namespace stoker
