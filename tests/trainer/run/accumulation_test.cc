// A step from several batches teaches what one batch of all their samples teaches: gradients, loss
// and weights to 1e-6 of their size, although the parts differ in samples, classes and voxels that
// count. Networks whose layers do not look from one sample at another: a batch norm does while it
// learns, so that here its statistics are fixed.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "trainer/models/classifier.h"
#include "trainer/models/unet3d.h"
#include "trainer/run/train_step.h"
#include "trainer/tasks/classification_objective.h"
#include "trainer/tasks/segmentation_objective.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

constexpr double kTolerance = 1e-6;

// Of all values together, as a share of the second.
double distance(const std::vector<torch::Tensor>& values, const std::vector<torch::Tensor>& other) {
  double difference = 0.0;
  double size = 0.0;
  for (size_t i = 0; i < values.size(); ++i) {
    const torch::Tensor wanted = other[i].to(torch::kFloat64);
    difference += (values[i].to(torch::kFloat64) - wanted).square().sum().item<double>();
    size += wanted.square().sum().item<double>();
  }
  return std::sqrt(difference / size);
}

std::vector<torch::Tensor> copies(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> copies;
  for (const torch::Tensor& tensor : tensors)
    copies.push_back(tensor.detach().clone());
  return copies;
}

std::vector<torch::Tensor> gradients(const torch::nn::Module& model) {
  std::vector<torch::Tensor> gradients;
  for (const torch::Tensor& parameter : model.parameters())
    gradients.push_back(parameter.grad());
  return gradients;
}

DeviceBatch part(const DeviceBatch& whole, int64_t begin, int64_t count) {
  DeviceBatch part = whole;
  part.input = whole.input.narrow(0, begin, count);
  part.target = whole.target.narrow(0, begin, count);
  if (whole.distance.defined()) part.distance = whole.distance.narrow(0, begin, count);
  if (whole.partner_target.defined())
    part.partner_target = whole.partner_target.narrow(0, begin, count);
  part.samples = count;
  return part;
}

std::vector<DeviceBatch> parts_of(const DeviceBatch& whole, const std::vector<int64_t>& counts) {
  std::vector<DeviceBatch> parts;
  int64_t begin = 0;
  for (const int64_t count : counts) {
    parts.push_back(part(whole, begin, count));
    begin += count;
  }
  EXPECT_EQ(begin, whole.samples);
  return parts;
}

struct Learnt {
  std::vector<torch::Tensor> first_gradients;
  std::vector<torch::Tensor> weights;
  std::vector<torch::Tensor> loss;
};

// Three steps of SGD from the weights as they are, which are put back.
Learnt learn(Task& task, const std::vector<DeviceBatch>& parts, double clip_grad_norm) {
  OptimizerOptions options;
  options.name = "sgd";
  options.momentum = 0.9;
  options.weight_decay = 0.0;
  options.clip_grad_norm = clip_grad_norm;
  const std::vector<torch::Tensor> initial = copies(task.model().parameters());
  TrainStep step(options, task);
  Learnt learnt;
  for (uint64_t i = 1; i <= 3; ++i) {
    step.take(parts, 0.01, i);
    if (i == 1) learnt.first_gradients = copies(gradients(task.model()));
  }
  learnt.weights = copies(task.model().parameters());
  learnt.loss = {torch::full({}, step.sums().by_name.at("loss").sum, torch::kFloat64)};
  EXPECT_GT(distance(learnt.weights, initial), 10 * kTolerance);  // something was learnt
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < initial.size(); ++i)
    task.model().parameters()[i].copy_(initial[i]);
  return learnt;
}

void expect_equal(Task& task, const DeviceBatch& whole, const std::vector<int64_t>& counts) {
  for (const double clip : {0.0, 0.1}) {
    const Learnt at_once = learn(task, {whole}, clip);
    const Learnt in_parts = learn(task, parts_of(whole, counts), clip);
    EXPECT_LT(distance(in_parts.first_gradients, at_once.first_gradients), kTolerance);
    EXPECT_LT(distance(in_parts.weights, at_once.weights), kTolerance);
    EXPECT_LT(distance(in_parts.loss, at_once.loss), kTolerance);
  }
}

struct Perceptron : torch::nn::Module {
  Perceptron() {
    first = register_module("first", torch::nn::Linear(12, 32));
    last = register_module("last", torch::nn::Linear(32, 5));
  }
  torch::Tensor forward(torch::Tensor input) { return last(torch::relu(first(input))); }

  torch::nn::Linear first{nullptr};
  torch::nn::Linear last{nullptr};
};

// Sorted by class, so that no two parts hold the same ones.
torch::Tensor sorted_classes(int64_t samples, int64_t classes) {
  return torch::arange(samples).mul(classes).div(samples, "floor").to(torch::kInt64);
}

TEST(Accumulation, OfAPerceptronWithLabelSmoothing) {
  torch::manual_seed(1);
  Task task;
  task.network = torch::nn::AnyModule(std::make_shared<Perceptron>());
  task.objective = std::make_unique<ClassificationObjective>(0.1, 5);
  DeviceBatch whole;
  whole.samples = 23;
  whole.input = torch::randn({whole.samples, 12});
  whole.target = sorted_classes(whole.samples, 5);
  expect_equal(task, whole, {8, 8, 7});
  expect_equal(task, whole, {1, 15, 7});
  whole.partner_target = whole.target.flip(0);
  whole.own_share = 0.3;
  expect_equal(task, whole, {11, 11, 1});
}

TEST(Accumulation, OfAResNetWhoseBatchNormsAreFixed) {
  torch::manual_seed(2);
  Task task;
  task.network = make_classifier("resnet18", 1, 7);
  task.model().eval();
  task.objective = std::make_unique<ClassificationObjective>(0.1, 7);
  DeviceBatch whole;
  whole.samples = 9;
  whole.input = torch::randn({whole.samples, 1, 40, 40});
  whole.target = sorted_classes(whole.samples, 7);
  expect_equal(task, whole, {4, 4, 1});
}

// Cross-entropy counts voxels by the weight of their class, dice and clDice samples, the boundary
// loss voxels: none is alike in two parts. Two samples in three have voxels that are ignored.
TEST(Accumulation, OfAUNetWithInstanceNormAndEveryLoss) {
  torch::manual_seed(3);
  Task task;
  UNet3dShape shape;
  shape.input_channels = 1;
  shape.base = 4;
  shape.depth = 2;
  task.network = torch::nn::AnyModule(std::make_shared<UNet3d>(shape));
  LossOptions losses;
  losses.cross_entropy = losses.dice = losses.cl_dice = losses.boundary = 1.0;
  losses.class_weights = {1.0, 5.0};
  losses.label_smoothing = 0.1;
  task.objective = std::make_unique<SegmentationObjective>(losses, torch::kCPU);
  DeviceBatch whole;
  whole.samples = 5;
  whole.input = torch::randn({whole.samples, 1, 16, 16, 16});
  whole.target = torch::zeros({whole.samples, 16, 16, 16}, torch::kUInt8);
  for (int64_t sample = 0; sample < whole.samples; ++sample) {
    whole.target[sample]
        .narrow(0, 3, 1 + sample)
        .fill_(1);  // a sheet, thicker from one to the next
    if (sample % 3 != 0) whole.target[sample].narrow(1, 0, 3 * (1 + sample)).fill_(2);
  }
  whole.distance = torch::randint(-20, 20, whole.target.sizes(), torch::kInt8);
  expect_equal(task, whole, {2, 2, 1});
}

}  // namespace
}  // namespace stoker
