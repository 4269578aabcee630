// Runs of `train` that are not meant to train a network: trials, judgements, forecasts, checks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "libdata/core/files.h"
#include "tests/trainer/run/train_command.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TrainCommand;

class TrainTrials : public TrainCommand {
 protected:
  nlohmann::json json(const std::string& name) const {
    return nlohmann::json::parse(read_text_file(folder_ / name));
  }
  static constexpr const char* kSmall =
      "OMP_WAIT_POLICY=passive train --model resnet18 --data train --val-data val --batch-size 8 "
      "--crop 16 --threads 2 --device cpu ";
};

TEST_F(TrainTrials, ABatchIsLearntByHeart) {
  const auto result = run(train("run",
                                "--overfit-batches 1 --epochs 40 --optimizer adamw "
                                "--weight-decay 0 --lr 0.002 --log-every 1"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto lines = metrics("run");
  const nlohmann::json last = nlohmann::json::parse(lines.back());
  EXPECT_EQ(last["step"], 40);  // one step an epoch
  EXPECT_LT(last["train_loss"].get<double>(), 0.05);
}

TEST_F(TrainTrials, FakeDataNeedsNoDataSet) {
  const std::string fake =
      "train --fake-data --fake-classes 7 --fake-samples 40 --model resnet18 --crop 16 "
      "--batch-size 8 --threads 2 --device cpu --epochs 2 ";
  const auto result = run(fake + "--output-dir run --log-every 1");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json last = nlohmann::json::parse(metrics("run").back());
  EXPECT_EQ(last["step"], 10);
  ASSERT_EQ(run(fake + "--output-dir again").exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "run" / "final.safetensors"),
            read_file(folder_ / "again" / "final.safetensors"));
  const auto volumes = run("train --fake-data --model unet3d --output-dir other --device cpu");
  EXPECT_EQ(volumes.exit_code, 2);
  EXPECT_THAT(run("train --model resnet18 --output-dir other").err, HasSubstr("--data is missing"));
}

TEST_F(TrainTrials, EvaluationGivesTheValuesOfTraining) {
  ASSERT_EQ(run(train("run", "--val-shards val --epochs 1")).exit_code, 0);
  const nlohmann::json logged = nlohmann::json::parse(metrics("run").back());
  for (const std::string weights :
       {"--init-from run/final.safetensors", "--resume run", "--output-dir run --resume",
        "--resume run/checkpoints/epoch-00001-step-00000000"}) {
    const auto result = run(kSmall + std::string("--eval-only --json out.json ") + weights);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, ContainsRegex("(^|\n)val_top1 [0-9.e-]+\n"));
    for (const char* value : {"val_loss", "val_top1", "val_top5"})
      EXPECT_EQ(json("out.json")[value], logged[value]) << weights << " " << value;
  }
  EXPECT_EQ(run(kSmall + std::string("--eval-only")).exit_code, 2);
  write_file_atomically(folder_ / "text.safetensors", "nothing of the kind");
  EXPECT_EQ(run(kSmall + std::string("--eval-only --init-from text.safetensors")).exit_code, 1);
}

TEST_F(TrainTrials, ADryRunSaysWhatARunWouldTakeAndWritesNothing) {
  const auto result = run(kSmall + std::string("--dry-run --epochs 3 --price-per-hour 3600 "
                                               "--output-dir run --json dry.json"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  const nlohmann::json report = json("dry.json");
  EXPECT_EQ(report["steps_per_epoch"], 7);
  // torchvision: resnet18 has 11,689,512 parameters with 3 input channels and 1000 classes. A gray
  // input takes 2 * 64 * 49 off, 3 classes 997 * 513.
  EXPECT_EQ(report["parameters"], 11689512 - 2 * 64 * 49 - 997 * 513);
  EXPECT_EQ(report["memory_bytes"]["gradients"], 4 * report["parameters"].get<int>());
  EXPECT_EQ(report["memory_bytes"]["optimizer"], 4 * report["parameters"].get<int>());
  EXPECT_GT(report["memory_bytes"]["activations"].get<double>(), 8 * 64 * 8 * 8 * 4);
  EXPECT_GT(report["seconds_per_step"].get<double>(), 0.0);
  // At one unit of money a second.
  EXPECT_NEAR(report["cost"].get<double>(), 21 * report["seconds_per_step"].get<double>(), 1e-6);
  EXPECT_THAT(result.out, HasSubstr("steps per epoch   7\n"));
}

// 56 images: 4 batches of 14 in each of two epochs, 7 of 8 in the third.
TEST_F(TrainTrials, ADryRunTriesOutEachPhaseOfCrops) {
  const auto result =
      run(kSmall + std::string("--dry-run --epochs 3 --price-per-hour 3600 "
                               "--progressive-resize 12x14@0,16@2,99@3 --json dry.json"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("4 steps an epoch, from epoch 2 on 7"));
  const nlohmann::json report = json("dry.json");
  EXPECT_EQ(report["steps"], 2 * 4 + 7);
  ASSERT_EQ(report["phases"].size(), 2u);  // the third is not reached
  double seconds = 0.0;
  for (const nlohmann::json& phase : report["phases"]) {
    EXPECT_GT(phase["seconds_per_batch"].get<double>(), 0.0);
    seconds += phase["epochs"].get<double>() * phase["steps_per_epoch"].get<double>() *
               phase["seconds_per_batch"].get<double>();
  }
  EXPECT_EQ(report["phases"][0]["batch_size"], 14);
  EXPECT_EQ(report["phases"][1]["batch_size"], 8);
  EXPECT_EQ(report["phases"][1]["crop"], 16);
  EXPECT_NEAR(report["cost"].get<double>(), seconds, 1e-6);
  EXPECT_THAT(result.out, HasSubstr("steps per epoch   4, 7\n"));
  EXPECT_THAT(result.out, ContainsRegex("from epoch 0      crops of 12, batches of 14: "));
}

// The largest batch in pixels: 10 * 16 * 16 against 14 * 12 * 12. A gray pixel is a byte in each of
// two slots and a float on the device.
TEST_F(TrainTrials, MemoryIsThatOfTheLargestPhase) {
  const std::string brief = kSmall + std::string("--dry-run --epochs 3 --json dry.json ");
  ASSERT_EQ(run(brief + "--progressive-resize 12x14@0,16x10@2").exit_code, 0);
  EXPECT_EQ(json("dry.json")["memory_bytes"]["batches"], 10 * 16 * 16 * (2 + 4));
  const double in_phases = json("dry.json")["memory_bytes"]["activations"];
  ASSERT_EQ(run(brief + "--progressive-resize 16x10@0").exit_code, 0);
  EXPECT_EQ(json("dry.json")["memory_bytes"]["activations"].get<double>(), in_phases);
}

TEST_F(TrainTrials, WhatCannotFitInMemoryIsRefusedWithTheWayOut) {
  const auto result =
      run("train --fake-data --fake-samples 100000000 --batch-size 1000000 "
          "--model resnet18 --device cpu --epochs 1 --output-dir run");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, ContainsRegex("needs at least [0-9.]+ [TG]iB of memory"));
  EXPECT_THAT(result.err, ContainsRegex("--batch-size [0-9]+ or less would fit"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(TrainTrials, PreflightPassesWhatWillTrain) {
  const auto result =
      run(kSmall + std::string("--preflight --epochs 2 --output-dir run --json checks.json"));
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("FAIL")));
  for (const char* check :
       {"data opens, classes match", "records match their hashes", "validation works",
        "fits in memory", "room for checkpoints", "loss falls", "time and cost",
        "saves and reloads", "overfits a small set"})
    EXPECT_THAT(result.out, HasSubstr(std::string("pass  ") + check));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  EXPECT_EQ(json("checks.json")["passed"], true);
}

TEST_F(TrainTrials, PreflightFindsDamageOtherClassesAndARateThatDiverges) {
  testing::write_data_set(folder_ / "val2", "val", 8, {"dark", "light"});
  const std::string check =
      "train --model resnet18 --batch-size 8 --crop 16 --threads 2 --device "
      "cpu --preflight --data train ";
  const auto classes = run(check + "--val-data val2");
  EXPECT_EQ(classes.exit_code, 1);
  EXPECT_THAT(classes.out, ContainsRegex("FAIL  data opens, classes match .*class 1 is 'grey'"));

  const auto wild = run(check + "--lr 1e10");
  EXPECT_EQ(wild.exit_code, 1) << wild.out;
  EXPECT_THAT(wild.out, HasSubstr("FAIL  loss falls"));
  EXPECT_THAT(wild.out, HasSubstr("pass  overfits a small set"));  // the data is not to blame

  for (const auto& entry : fs::directory_iterator(folder_ / "train")) {
    if (entry.path().extension() == ".json") continue;
    Bytes bytes = read_file(entry.path());
    if (bytes.size() < 5000) continue;
    bytes[3000] = static_cast<uint8_t>(bytes[3000] ^ 1);  // a pixel
    write_file_atomically(entry.path(), bytes);
  }
  const auto damaged = run(check);
  EXPECT_EQ(damaged.exit_code, 1) << damaged.out;
  EXPECT_THAT(damaged.out, ContainsRegex("FAIL  records match their hashes .*hash"));
}

}  // namespace
}  // namespace stoker
