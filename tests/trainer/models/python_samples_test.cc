// samples/*.py do with weights what they say, run by Debian's python3.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>

#include "libdata/core/files.h"
#include "tests/cli/command.h"
#include "trainer/models/classifier.h"
#include "trainer/run/starting_weights.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int64_t kSide = 64;

int64_t count_parameters(const torch::nn::Module& model) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : model.parameters())
    count += parameter.numel();
  return count;
}

class PythonSamples : public testing::CommandTest {
 protected:
  CommandResult python(const std::string& sample, const std::string& arguments) const {
    return run("PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 " STOKER_SOURCE_DIR "/samples/" +
               sample + " " + arguments);
  }

  // As a run's weights: of classes a, b and c, for images that need neither resizing nor cropping.
  void write_weights(const std::string& name, int64_t channels, const torch::nn::Module& model) {
    write_tensors(folder_ / "weights.safetensors", state_dict(model),
                  {{"model", name},
                   {"class_names", R"(["a","b","c"])"},
                   {"channels", std::to_string(channels)},
                   {"crop", "64"},
                   {"val_resize", "64"},
                   {"mean", channels == 1 ? "0.5" : "0.5,0.25,0.125"},
                   {"std", channels == 1 ? "0.5" : "0.5,0.5,0.25"}});
  }

  // Writes an image, and gives it as the network sees it.
  torch::Tensor draw_image(int64_t channels) const {
    std::string pixels = std::string(channels == 1 ? "P5" : "P6") + " 64 64 255\n";
    const torch::Tensor input = torch::empty({1, channels, kSide, kSide});
    const std::vector<double> mean{0.5, 0.25, 0.125};
    const std::vector<double> deviation{0.5, 0.5, 0.25};
    for (int64_t y = 0; y < kSide; ++y) {
      for (int64_t x = 0; x < kSide; ++x) {
        for (int64_t c = 0; c < channels; ++c) {
          const int64_t value = (3 * y + 5 * x * (c + 1)) % 256;
          pixels += static_cast<char>(value);
          const auto i = static_cast<size_t>(c);
          input[0][c][y][x] = (static_cast<double>(value) / 255 - mean[i]) / deviation[i];
        }
      }
    }
    write_file_atomically(folder_ / "image.pnm", pixels);
    return input;
  }

  // Runs `sample` on weights and an image, and compares class and probability with our own.
  void expect_same_class(const std::string& sample, const std::string& name, int64_t channels) {
    torch::nn::AnyModule model = make_classifier(name, channels, 3);
    write_weights(name, channels, *model.ptr());
    const torch::Tensor image = draw_image(channels);
    const CommandResult result = python(sample, "weights.safetensors image.pnm");
    if (is_missing(result)) GTEST_SKIP() << result.err;
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(
        result.out,
        StartsWith(name + ", " + std::to_string(count_parameters(*model.ptr())) + " parameters"));
    model.ptr()->eval();
    const torch::NoGradGuard no_grad;
    const torch::Tensor probabilities = model.forward(image).softmax(1)[0];
    const auto best = probabilities.argmax().item<int64_t>();
    const size_t line = result.out.find("image.pnm ");
    ASSERT_NE(line, std::string::npos) << result.out;
    std::istringstream words(result.out.substr(line));
    std::string file;
    std::string word;
    double probability = 0.0;
    words >> file >> word >> probability;
    EXPECT_EQ(word, std::string(1, static_cast<char>('a' + best)));
    EXPECT_NEAR(probability, probabilities[best].item<double>(), 1e-3);
  }

  // No python3, no torchvision or MONAI for it.
  static bool is_missing(const CommandResult& result) {
    return result.exit_code == 127 || result.err.find("No module named") != std::string::npos;
  }
};

TEST_F(PythonSamples, WeightsLoadStrictlyIntoTorchvision) {
  torch::manual_seed(1);
  for (const int64_t channels : {1, 3}) {
    for (const char* name : {"resnet18", "resnet50", "densenet121"})
      expect_same_class("load_in_torchvision.py", name, channels);
  }
}

TEST_F(PythonSamples, DenseNetsLoadStrictlyIntoMonai) {
  torch::manual_seed(2);
  for (const int64_t channels : {1, 3})
    expect_same_class("load_in_monai.py", "densenet121", channels);
}

TEST_F(PythonSamples, MonaiTakesNoResNet) {
  write_weights("resnet18", 3, *make_classifier("resnet18", 3, 3).ptr());
  const CommandResult result = python("load_in_monai.py", "weights.safetensors");
  if (is_missing(result)) GTEST_SKIP() << result.err;
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("holds a resnet18"));
}

// Saved as torchvision's own DenseNet files are: with names it has since changed, and by a
// data-parallel trainer.
constexpr const char* kOldFile = R"python(
import re, sys
import torch, torchvision
torch.manual_seed(3)
model = torchvision.models.densenet121(num_classes=3).eval()
old = {"module." + re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", name): tensor
       for name, tensor in model.state_dict().items()}
assert "module.features.denseblock1.denselayer1.norm.1.weight" in old
torch.save({"epoch": 7, "state_dict": old}, "old.pth")
with torch.no_grad():
    print(*map(repr, model(torch.full((1, 3, 64, 64), 0.5)).flatten().tolist()))
)python";

TEST_F(PythonSamples, FilesOfTorchSaveBecomeStartingWeights) {
  write_file_atomically(folder_ / "old.py", kOldFile);
  const CommandResult made = run("/usr/bin/python3 old.py");
  if (is_missing(made)) GTEST_SKIP() << made.err;
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const CommandResult result = python("torchvision_to_safetensors.py", "old.pth new.safetensors");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("727 tensors"));

  torch::nn::AnyModule model = make_classifier("densenet121", 3, 3);
  ::testing::internal::CaptureStdout();
  load_starting_weights(folder_ / "new.safetensors", *model.ptr());
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  model.ptr()->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor logits = model.forward(torch::full({1, 3, 64, 64}, 0.5)).flatten();
  std::istringstream expected(made.out);
  for (int64_t i = 0; i < 3; ++i) {
    double value = 0.0;
    ASSERT_TRUE(expected >> value) << made.out;
    EXPECT_NEAR(logits[i].item<double>(), value, 1e-4 * std::max(1.0, std::abs(value)));
  }
}

TEST_F(PythonSamples, WhatIsNoStateDictIsNotConverted) {
  const CommandResult made =
      run("/usr/bin/python3 -c 'import torch; torch.save([1, 2], \"list.pth\")'");
  if (is_missing(made)) GTEST_SKIP() << made.err;
  const CommandResult result = python("torchvision_to_safetensors.py", "list.pth new.safetensors");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("list.pth: expected a state_dict"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new.safetensors"));
}

}  // namespace
}  // namespace stoker
