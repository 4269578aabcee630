// The U-Net and the segmentation losses against PyTorch's Python side
// (tests/golden/trainer/make_segmentation_network.py), and against arithmetic.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "trainer/losses/segmentation_losses.h"
#include "trainer/models/unet3d.h"
#include "trainer/tasks/segmentation_objective.h"

namespace stoker {
namespace {

const nlohmann::json& golden() {
  static const nlohmann::json document = [] {
    std::ifstream file(STOKER_SOURCE_DIR "/tests/golden/trainer/segmentation_network.json");
    return nlohmann::json::parse(file);
  }();
  return document;
}

// As `numbers` of the script.
torch::Tensor numbers(at::IntArrayRef shape, int64_t seed) {
  const torch::Tensor i = torch::arange(c10::multiply_integers(shape), torch::kInt64);
  const torch::Tensor steps = (i * i * 31 + i * 7919 + seed * 104729).remainder(2003) - 1001;
  return (steps.to(torch::kFloat64) / 1001.0).to(torch::kFloat32).view(shape);
}

void expect_near(const torch::Tensor& found, const nlohmann::json& expected, int64_t stride,
                 double tolerance) {
  const torch::Tensor flat = found.detach().flatten().contiguous();
  ASSERT_EQ(static_cast<int64_t>(expected.size()), (flat.numel() + stride - 1) / stride);
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(flat[static_cast<int64_t>(i) * stride].item<double>(), expected[i].get<double>(),
                tolerance)
        << i;
  }
}

// As `fill` of the script.
void fill(torch::nn::Module& model) {
  const torch::NoGradGuard no_grad;
  auto parameters = model.named_parameters();
  std::vector<std::string> names = parameters.keys();
  std::sort(names.begin(), names.end());
  for (size_t seed = 0; seed < names.size(); ++seed) {
    torch::Tensor& weight = parameters[names[seed]];
    const torch::Tensor values = numbers(weight.sizes(), static_cast<int64_t>(seed));
    if (weight.dim() > 1) {
      weight.copy_(values * std::sqrt(6.0 / static_cast<double>(weight[0].numel())));
    } else if (names[seed].find("norm") != std::string::npos && names[seed].ends_with("weight")) {
      weight.copy_(1.0 + 0.3 * values);
    } else {
      weight.copy_(0.3 * values);
    }
  }
}

int64_t parameter_count(const torch::nn::Module& model) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : model.parameters())
    count += parameter.numel();
  return count;
}

TEST(UNet3d, LogitsAndGradientsEqualPython) {
  UNet3d model({3, 2, 4, 2});
  fill(model);
  const torch::Tensor logits = model.forward(numbers({2, 3, 8, 12, 16}, 1000));
  expect_near(logits, golden()["network"]["logits"], 11, 2e-5);
  (logits * numbers(logits.sizes(), 2000)).sum().backward();
  const auto& norms = golden()["network"]["gradient_norms"];
  EXPECT_EQ(norms.size(), model.named_parameters().size());
  for (const auto& parameter : model.named_parameters()) {
    const double expected = norms[parameter.key()].get<double>();
    EXPECT_NEAR(parameter.value().grad().norm().item<double>(), expected, 1e-4 * expected + 1e-3)
        << parameter.key();
  }
}

TEST(UNet3d, ChannelsLastGivesTheSameLogits) {
  UNet3d model({3, 2, 4, 2});
  fill(model);
  const torch::Tensor input = numbers({2, 3, 8, 12, 16}, 1000);
  for (torch::Tensor& parameter : model.parameters()) {
    if (parameter.dim() == 5) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast3d));
    }
  }
  expect_near(model.forward(input.contiguous(torch::MemoryFormat::ChannelsLast3d)),
              golden()["network"]["logits"], 11, 2e-5);
}

// Level widths w = base 2^l: convolutions 27 (in w + w w) with norms of 4 w, strided ones
// 8 w w + w, transposed ones 8 (2w)^2 + 2w, decoder 27 (3w w + w w) + 4 w; bottleneck; head.
TEST(UNet3d, HasTheParametersOfTheArithmetic) {
  int64_t expected = 0;
  int64_t in = 6;
  for (int64_t w = 32; w <= 256; w *= 2) {
    expected += 27 * (in * w + w * w) + 4 * w;
    expected += 8 * w * w + w;
    expected += 8 * (2 * w) * (2 * w) + 2 * w;
    expected += 27 * (3 * w * w + w * w) + 4 * w;
    in = w;
  }
  expected += 27 * (256 * 512 + 512 * 512) + 4 * 512;
  expected += 2 * 32 + 2;
  EXPECT_EQ(expected, 27022626);
  const UNet3d model({6, 2, 32, 4});
  EXPECT_EQ(parameter_count(model), expected);
  EXPECT_EQ(parameter_count(model), golden()["network"]["parameters_at_32_4"].get<int64_t>());
}

TEST(UNet3d, RefusesSidesThatDoNotHalve) {
  UNet3d model({1, 2, 2, 3});
  EXPECT_THROW(model.forward(torch::zeros({1, 1, 16, 12, 16})), Error);
  EXPECT_THROW(model.forward(torch::zeros({1, 2, 16, 16, 16})), Error);
}

class Losses : public testing::Test {
 protected:
  // As describe_losses of the script.
  torch::Tensor make_labels() const {
    const torch::Tensor z = torch::arange(6).view({1, 6, 1, 1});
    const torch::Tensor y = torch::arange(7).view({1, 1, 7, 1});
    torch::Tensor labels =
        (z + y).remainder(5).lt(2).expand({2, 6, 7, 8}).to(torch::kUInt8).clone();
    labels.masked_fill_(numbers({2, 6, 7, 8}, 7).gt(0.6), 2);
    return labels;
  }

  std::map<std::string, torch::Tensor> terms(const torch::Tensor& logits) const {
    return {
        {"ce", cross_entropy(logits, labels_, {1.0, 1.0}, 0.0)},
        {"ce, weighted and smoothed", cross_entropy(logits, labels_, {0.5, 3.0}, 0.1)},
        {"dice", soft_dice_sum(logits, labels_) / 2.0},
        {"cldice", cl_dice_sum(logits, labels_, 3) / 2.0},
        {"boundary", mean_of(boundary_sum(logits, labels_, distance_), boundary_weight(labels_))}};
  }

  static torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels,
                                     const std::vector<float>& class_weights, double smoothing) {
    const torch::Tensor weights = torch::tensor(class_weights);
    return mean_of(cross_entropy_sum(logits, labels, weights, smoothing),
                   cross_entropy_weight(labels, weights));
  }

  torch::Tensor gradient(const char* name, const torch::Tensor& values) const {
    const torch::Tensor logits = values.clone().requires_grad_();
    terms(logits).at(name).backward();
    return logits.grad();
  }

  torch::Tensor labels_ = make_labels();
  torch::Tensor distance_ = (numbers({2, 6, 7, 8}, 8) * 50.0).trunc().to(torch::kInt8);
  torch::Tensor logits_ = 3.0 * numbers({2, 2, 6, 7, 8}, 9);
};

TEST_F(Losses, ValuesEqualPython) {
  for (const auto& [name, term] : terms(logits_)) {
    EXPECT_NEAR(term.item<double>(), golden()["losses"][name]["value"].get<double>(), 2e-6) << name;
  }
}

TEST_F(Losses, GradientsEqualPython) {
  for (const auto& item : golden()["losses"].items()) {
    SCOPED_TRACE(item.key());
    const torch::Tensor found = gradient(item.key().c_str(), logits_);
    expect_near(found, item.value()["gradient"], 5, 1e-7);
    EXPECT_NEAR(found.norm().item<double>(), item.value()["gradient_norm"].get<double>(), 1e-6);
  }
}

TEST_F(Losses, PredictionsUnderIgnoreChangeNothing) {
  const torch::Tensor ignored = labels_.eq(2).unsqueeze(1);
  for (const float value :
       {50.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    const torch::Tensor changed = logits_.masked_fill(ignored, value);
    const auto before = terms(logits_);
    for (const auto& [name, term] : terms(changed)) {
      EXPECT_EQ(term.item<float>(), before.at(name).item<float>()) << name;
      EXPECT_TRUE(torch::equal(gradient(name.c_str(), changed), gradient(name.c_str(), logits_)))
          << name;
    }
  }
}

TEST_F(Losses, NothingButIgnoreIsFiniteWithoutGradient) {
  labels_.fill_(2);
  for (const auto& [name, term] : terms(logits_)) {
    EXPECT_TRUE(std::isfinite(term.item<float>())) << name;
    EXPECT_EQ(gradient(name.c_str(), logits_).abs().sum().item<float>(), 0.0f) << name;
  }
}

TEST_F(Losses, HalfPrecisionLogitsAreSummedInFloat32) {
  // 2^17 voxels of probability 1/2: their sum is past float16's largest number.
  const torch::Tensor logits = torch::zeros({1, 2, 32, 64, 64}, torch::kFloat16);
  const torch::Tensor labels = torch::zeros({1, 32, 64, 64}, torch::kUInt8);
  EXPECT_EQ(soft_dice_sum(logits, labels).scalar_type(), torch::kFloat32);
  EXPECT_NEAR(soft_dice_sum(logits, labels).item<double>(), 1.0 - 1.0 / 65537.0, 1e-6);
  EXPECT_NEAR(cross_entropy(logits, labels, {1.0, 1.0}, 0.0).item<double>(), std::log(2.0), 1e-6);
}

TEST_F(Losses, PerfectPredictionOfASheetHasNoDiceLoss) {
  const torch::Tensor sure = torch::stack({labels_.ne(1), labels_.eq(1)}, 1).to(torch::kFloat32);
  EXPECT_NEAR(soft_dice_sum(sure * 60.0, labels_).item<double>(), 0.0, 1e-5);
  EXPECT_NEAR(cl_dice_sum(sure * 60.0, labels_, 3).item<double>(), 0.0, 1e-5);
}

class SegmentationObjectives : public Losses {
 protected:
  DeviceBatch batch() const {
    DeviceBatch batch;
    batch.target = labels_;
    batch.distance = distance_;
    batch.samples = 2;
    return batch;
  }
  static LossOptions all_terms() {
    LossOptions options;
    options.cl_dice = 0.5;
    options.boundary = 2.0;
    options.class_weights = {0.5, 3.0};
    options.label_smoothing = 0.1;
    options.cl_dice_iterations = 3;
    return options;
  }
};

TEST_F(SegmentationObjectives, TermsOfWeightZeroAreLeftOutAndOneAloneIsNoFigure) {
  LossOptions options;
  options.cross_entropy = 0.0;
  options.dice = 0.25;
  const SegmentationObjective objective(options, torch::kCPU);
  ASSERT_EQ(objective.terms().size(), 1u);
  EXPECT_EQ(objective.terms()[0].figure, "");
  EXPECT_EQ(objective.terms()[0].factor, 0.25);
  EXPECT_TRUE(
      torch::equal(objective.sums(logits_, batch()).at(0), soft_dice_sum(logits_, labels_)));
  options.dice = 0.0;
  EXPECT_THROW(SegmentationObjective(options, torch::kCPU), Error);
}

TEST_F(SegmentationObjectives, MeansOfItsTermsEqualPythons) {
  const SegmentationObjective objective(all_terms(), torch::kCPU);
  const std::vector<torch::Tensor> sums = objective.sums(logits_, batch());
  const std::vector<torch::Tensor> weights = objective.weights(batch());
  const std::vector<std::string> names{"ce, weighted and smoothed", "dice", "cldice", "boundary"};
  ASSERT_EQ(sums.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_NEAR(mean_of(sums[i], weights[i]).item<double>(),
                golden()["losses"][names[i]]["value"].get<double>(), 2e-6)
        << names[i];
  }
}

TEST_F(SegmentationObjectives, SumsAndWeightsOfPartsAddUpAndPaddingCountsNowhere) {
  const SegmentationObjective objective(all_terms(), torch::kCPU);
  const std::vector<torch::Tensor> whole = objective.sums(logits_, batch());
  const std::vector<torch::Tensor> whole_weights = objective.weights(batch());
  DeviceBatch first = batch();  // the second sample as padding behind the first
  first.padding = 1;
  DeviceBatch second = batch();
  second.target = labels_.narrow(0, 1, 1);
  second.distance = distance_.narrow(0, 1, 1);
  second.samples = 1;
  const std::vector<torch::Tensor> a = objective.sums(logits_, first);
  const std::vector<torch::Tensor> b = objective.sums(logits_.narrow(0, 1, 1), second);
  const std::vector<torch::Tensor> a_weights = objective.weights(first);
  const std::vector<torch::Tensor> b_weights = objective.weights(second);
  for (size_t i = 0; i < whole.size(); ++i) {
    const double sum = whole[i].item<double>();
    EXPECT_NEAR((a[i] + b[i]).item<double>(), sum, 1e-5 * std::abs(sum)) << i;
    EXPECT_FLOAT_EQ((a_weights[i] + b_weights[i]).item<float>(), whole_weights[i].item<float>());
  }
}

}  // namespace
}  // namespace stoker
