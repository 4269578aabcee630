// Our networks and optimisers against Python's torch and torchvision, started from one weights
// file.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <torch/torch.h>

#include <cstdio>
#include <filesystem>
#include <list>
#include <sstream>
#include <string>
#include <vector>

#include "tests/temp_folder.h"
#include "trainer/models/classifier.h"
#include "trainer/optim/optimizer.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;

constexpr int kNotInstalled = 77;

struct Reference {
  int exit_code = 0;
  std::string output;
  std::vector<std::vector<double>> cases;  // the numbers of each line
};

// Debian's own python3: the one its torchvision is installed for. It takes seconds to start, hence
// all cases in one go.
Reference run_reference(const std::string& arguments) {
  const std::string command = "/usr/bin/python3 " STOKER_SOURCE_DIR
                              "/tests/trainer/models/torch_reference.py " STOKER_SOURCE_DIR
                              "/samples " +
                              arguments + " 2>&1";
  Reference reference;
  FILE* pipe = ::popen(command.c_str(), "r");
  char piece[512];
  while (std::fgets(piece, sizeof piece, pipe) != nullptr)
    reference.output += piece;
  reference.exit_code = WEXITSTATUS(::pclose(pipe));
  std::istringstream lines(reference.output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    auto& values = reference.cases.emplace_back();
    for (double value = 0; numbers >> value;)
      values.push_back(value);
  }
  return reference;
}

#define SKIP_OR_FAIL_WITHOUT(reference)                                             \
  if ((reference).exit_code == kNotInstalled || (reference).exit_code == 127) {     \
    GTEST_SKIP() << "python3-torchvision is not installed: " << (reference).output; \
  }                                                                                 \
  ASSERT_EQ((reference).exit_code, 0) << (reference).output

torch::Tensor arithmetic_images(int64_t batch, int64_t channels, int64_t side) {
  torch::Tensor images = torch::empty({batch, channels, side, side});
  auto at = images.accessor<float, 4>();
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t y = 0; y < side; ++y) {
        for (int64_t x = 0; x < side; ++x) {
          at[b][c][y][x] = static_cast<float>((b * 7 + c * 5 + y * 3 + x * (b + 1)) % 17) / 8 - 1;
        }
      }
    }
  }
  return images;
}

class WeightsFile {
 public:
  explicit WeightsFile(const torch::nn::Module& model) {
    write_tensors(path(), state_dict(model), {{"format", "pt"}});
  }
  std::string path() const { return folder_.path() / "weights.safetensors"; }

 private:
  TempFolder folder_;
};

// Running statistics that a wrong eval mode, or a swapped pair of norms, would show in.
void set_running_statistics(torch::nn::Module& model) {
  torch::NoGradGuard no_grad;
  for (auto& item : model.named_buffers()) {
    const torch::Tensor ramp = torch::arange(item.value().numel(), torch::kFloat32);
    if (item.key().ends_with("running_mean")) item.value().copy_(torch::sin(ramp) * 0.1);
    if (item.key().ends_with("running_var")) item.value().copy_(1.0 + 0.5 * torch::cos(ramp));
    if (item.key().ends_with("num_batches_tracked")) item.value().fill_(7);
  }
}

struct ForwardCase {
  std::string model;
  int64_t channels;
  bool blurpool = false;
};

TEST(TorchParity, LogitsEqualTorchvisions) {
  constexpr int64_t kClasses = 7;
  std::vector<ForwardCase> cases;
  for (const char* model : {"resnet18", "resnet34", "resnet50", "densenet121"}) {
    cases.push_back({model, 1});
    cases.push_back({model, 3});
  }
  cases.push_back({"resnet18", 1, true});
  cases.push_back({"resnet50", 3, true});
  std::vector<torch::nn::AnyModule> models;
  std::list<WeightsFile> files;
  std::string arguments = "forward";
  torch::manual_seed(3);
  for (const auto& [name, channels, blurpool] : cases) {
    NetworkOptions options;
    options.blurpool = blurpool;
    models.push_back(make_classifier(name, channels, kClasses, options));
    set_running_statistics(*models.back().ptr());
    files.emplace_back(*models.back().ptr());
    arguments += " " + name + (blurpool ? "+blurpool " : " ") + std::to_string(channels) + " " +
                 std::to_string(kClasses) + " " + files.back().path();
  }
  const Reference reference = run_reference(arguments);
  SKIP_OR_FAIL_WITHOUT(reference);
  ASSERT_EQ(reference.cases.size(), cases.size());

  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < cases.size(); ++i) {
    models[i].ptr()->eval();
    const torch::Tensor logits =
        models[i].forward(arithmetic_images(2, cases[i].channels, 64)).flatten();
    const torch::Tensor expected = torch::tensor(reference.cases[i], torch::kFloat32);
    ASSERT_EQ(expected.numel(), 2 * kClasses);
    const double largest = expected.abs().max().item<double>();
    const double error = (logits - expected).abs().max().item<double>() / largest;
    std::printf("%s%s, %d channels: max relative error %.1e\n", cases[i].model.c_str(),
                cases[i].blurpool ? " with blurs" : "", static_cast<int>(cases[i].channels), error);
    EXPECT_LT(error, 1e-4) << cases[i].model;
    EXPECT_GT(largest, 1e-3) << cases[i].model;
  }
}

struct StepCase {
  std::string name;
  OptimizerOptions options;
};

std::vector<StepCase> step_cases() {
  OptimizerOptions sgd;
  sgd.name = "sgd";
  sgd.lr = 0.05;
  sgd.momentum = 0.9;
  sgd.weight_decay = 0.01;
  OptimizerOptions nesterov = sgd;
  nesterov.nesterov = true;
  OptimizerOptions clipped = sgd;
  clipped.clip_grad_norm = 0.5;
  OptimizerOptions adamw;
  adamw.name = "adamw";
  adamw.lr = 0.001;
  adamw.beta1 = 0.8;
  adamw.beta2 = 0.95;
  adamw.epsilon = 1e-6;
  adamw.weight_decay = 0.01;
  OptimizerOptions adam = adamw;
  adam.name = "adam";
  adam.weight_decay = 0.1;  // so that it tells
  return {
      {"sgd", sgd}, {"nesterov", nesterov}, {"clipped", clipped}, {"adamw", adamw}, {"adam", adam}};
}

// In double: in float a difference of rounding grows to some per cent of the loss within five
// steps.
TEST(TorchParity, LossesOfSeveralStepsEqualPythons) {
  torch::manual_seed(4);
  torch::nn::AnyModule model = make_classifier("resnet18", 1, 3);
  const WeightsFile weights(*model.ptr());
  std::string arguments = "train " + weights.path();
  for (const StepCase& step : step_cases())
    arguments += " " + step.name;
  const Reference reference = run_reference(arguments);
  SKIP_OR_FAIL_WITHOUT(reference);
  ASSERT_EQ(reference.cases.size(), step_cases().size());

  at::set_num_threads(1);
  const SafetensorsFile start(weights.path());
  const torch::Tensor labels = torch::tensor({0, 1, 2, 0, 1, 2}, torch::kInt64);
  const auto smoothing = torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(0.1);
  for (size_t i = 0; i < reference.cases.size(); ++i) {
    const StepCase step = step_cases()[i];
    model = make_classifier("resnet18", 1, 3);
    read_tensors(start, state_dict(*model.ptr()));
    model.ptr()->to(torch::kFloat64);
    model.ptr()->train();
    Optimizer optimizer(step.options, *model.ptr());
    double learning_rate = step.options.lr;
    ASSERT_EQ(reference.cases[i].size(), 5u);
    for (const double expected : reference.cases[i]) {
      learning_rate *= 0.8;
      optimizer.zero_grad();
      const torch::Tensor loss = torch::nn::functional::cross_entropy(
          model.forward(arithmetic_images(6, 1, 32).to(torch::kFloat64)), labels, smoothing);
      loss.backward();
      optimizer.clip(optimizer.gradient_norm());
      optimizer.step(learning_rate, torch::tensor(true));
      optimizer.count_step();
      EXPECT_NEAR(loss.item<double>(), expected, 1e-5 * expected) << step.name;
    }
  }
}

}  // namespace
}  // namespace stoker
