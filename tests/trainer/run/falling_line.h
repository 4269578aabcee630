// A task whose every step is known: loss = weight + 2, so that each step of SGD at rate 1 takes 1
// off the weight, but for the steps that a test makes bad.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "tests/temp_folder.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/run/train_loop.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

// What a test makes happen at which step of an epoch, from 1, and what is seen of it.
struct Script {
  std::set<uint64_t> bad_losses;
  std::set<uint64_t> bad_gradients;
  std::set<uint64_t> small_batches;  // of one sample
  uint64_t later_batch = 2;          // samples of a batch after the first epoch
  uint64_t unreadable = 0;           // step whose batch cannot be read; 0: none
  uint64_t unreadable_in = 0;        // the epoch, from 0, of that step
  std::vector<double> validations;   // what they give, one after another
  int bad_evaluation = 0;            // which of them fails; 0: none
  int evaluations = 0;
  double validation_loss = 1.0;
  std::vector<double> validation_losses;  // where they differ
};

class LineNetwork : public torch::nn::Module {
 public:
  explicit LineNetwork(const Script& script) : script_(script) {
    weight_ = register_parameter("weight", torch::zeros({1}));
    seen_ = register_buffer("seen", torch::zeros({1}));
  }

  torch::Tensor forward(torch::Tensor step_number) {
    const auto step = static_cast<uint64_t>(step_number.item<double>());
    const torch::Tensor loss = weight_ + 2.0;
    {
      const torch::NoGradGuard no_grad;  // as a batch norm's running mean
      seen_.add_(script_.bad_losses.contains(step) ? kInfinity : 1.0F);
    }
    if (script_.bad_losses.contains(step)) return loss * kInfinity;
    // sqrt is 0 with an infinite slope at 0.
    if (script_.bad_gradients.contains(step)) return loss + (weight_ - weight_.detach()).sqrt();
    return loss;
  }

  torch::Tensor weight_;
  torch::Tensor seen_;

 private:
  const Script& script_;
};

class LineFeed : public BatchFeed {
 public:
  explicit LineFeed(const Script& script) : script_(script) {}

  // Epochs of 12 samples.
  uint64_t batches_from(uint64_t epoch, uint64_t position) const override {
    return (12 - position) / batch_samples(epoch);
  }
  void start_epoch(uint64_t epoch, uint64_t position) override {
    epoch_ = epoch;
    batch_samples_ = batch_samples(epoch);
    step_ = position / batch_samples_;
  }
  DeviceBatch next() override {
    if (step_ + 1 == script_.unreadable && epoch_ == script_.unreadable_in)
      throw Error(ErrorCode::kCorrupt, "a damaged sample");
    ++step_;
    DeviceBatch batch;
    batch.input = torch::full({}, static_cast<double>(step_));
    batch.samples =
        script_.small_batches.contains(step_) ? 1 : static_cast<int64_t>(batch_samples_);
    batch.position_after = batch_samples_ * step_;
    return batch;
  }

 private:
  uint64_t batch_samples(uint64_t epoch) const { return epoch == 0 ? 2 : script_.later_batch; }

  const Script& script_;
  uint64_t epoch_ = 0;
  uint64_t batch_samples_ = 2;
  uint64_t step_ = 0;
};

// The output itself, and a figure that is as bad as it.
class LineObjective : public Objective {
 public:
  std::vector<LossTerm> terms() const override { return {{"", 1.0}, {"seen", 0.0}}; }
  std::vector<torch::Tensor> weights(const DeviceBatch&) const override {
    return {torch::ones({}), torch::ones({})};
  }
  std::vector<torch::Tensor> sums(const torch::Tensor& outputs, const DeviceBatch&) const override {
    return {outputs.sum(), torch::where(torch::isfinite(outputs), 1.0F, kInfinity).sum()};
  }
};

class LineEvaluator : public Evaluator {
 public:
  explicit LineEvaluator(Script& script) : script_(script) {}

  EvaluationSums evaluate() override {
    if (++script_.evaluations == script_.bad_evaluation)
      throw Error(ErrorCode::kCorrupt, "a damaged volume");
    EvaluationSums sums;
    sums.add("loss", script_.validation_losses.empty() ? script_.validation_loss
                                                       : script_.validation_losses.at(validated_));
    sums.add("score", script_.validations.at(validated_++));
    return sums;
  }
  NamedValues finish(const EvaluationSums& sums) const override {
    return {{"val_loss", sums.value("loss")}, {"val_score", sums.value("score")}};
  }
  std::vector<BestMetric> best_metrics() const override {
    return {{"val_score"}, {"val_loss", /*less_is_better=*/true}};
  }

 private:
  Script& script_;
  size_t validated_ = 0;
};

class FallingLine : public Script {
 public:
  // To be asked for once the script is written.
  Task& task() {
    task_.network = torch::nn::AnyModule(network_);
    task_.metadata = {{"model", "line"}};
    task_.data_fingerprint = "line";
    task_.feed = std::make_unique<LineFeed>(*this);
    task_.objective = std::make_unique<LineObjective>();
    if (!validations.empty()) task_.evaluator = std::make_unique<LineEvaluator>(*this);
    task_.smallest_batch = [](uint64_t epoch) { return epoch == 0 ? int64_t{2} : int64_t{1}; };
    return task_;
  }

  double weight() const { return network_->weight_.item<double>(); }
  double seen() const { return network_->seen_.item<double>(); }

 private:
  std::shared_ptr<LineNetwork> network_ = std::make_shared<LineNetwork>(*this);
  Task task_;
};

// Runs of such a task in a folder, and what they left there.
class FallingLineTest : public FolderTest {
 protected:
  TrainOptions options(int64_t max_bad_steps) const {
    TrainOptions options;
    options.model = "resnet18";
    options.data.shards = {"none"};
    options.optimizer.name = "sgd";
    options.optimizer.lr = 1.0;
    options.optimizer.min_lr = 1.0;
    options.optimizer.momentum = 0.0;
    options.optimizer.clip_grad_norm = 0.0;
    options.run.output_dir = folder_.string();
    options.run.epochs = 1;
    options.run.max_bad_steps = max_bad_steps;
    return options;
  }

  std::vector<nlohmann::json> lines() const {
    std::ifstream file(folder_ / "metrics.jsonl");
    std::vector<nlohmann::json> all;
    for (std::string line; std::getline(file, line);) {
      all.push_back(nlohmann::json::parse(line));
      for (const char* timing :
           {"seconds", "val_seconds", "samples_per_second", "data_wait_share", "memory_bytes"})
        all.back().erase(timing);
    }
    return all;
  }
  nlohmann::json epoch_line() const { return lines().back(); }

  // "epoch-00000-step-00000006 ..."
  std::string checkpoints() const {
    std::string names;
    for (const FoundCheckpoint& found : list_checkpoints(folder_))
      names += (names.empty() ? "" : " ") + found.path.filename().string();
    return names;
  }

  double stored_weight(const std::filesystem::path& file) const {
    const torch::Tensor value = torch::zeros({1});
    copy_converted(*SafetensorsFile(folder_ / file).table().find("weight"), value);
    return value.item<double>();
  }

  std::string failure(FallingLine& line, const TrainOptions& with) const {
    try {
      train(line.task(), with, true);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      return error.what();
    }
    return "";
  }
};

}  // namespace stoker
