// `train` as a user runs it: what it takes, refuses and says. Runs that are killed: kill_run.py.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "libdata/core/files.h"
#include "tests/trainer/run/train_command.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::TrainCommand;
using testing::write_data_set;

TEST_F(TrainCommand, MixesAveragesAndAccumulates) {
  const std::string flags =
      "--val-shards val --epochs 2 --save-every 1 --log-every 1 --auto-resume --scheduler onecycle "
      "--optimizer adam --mixup-alpha 0.4 --cutmix-alpha 1 --use-ema --accumulate-grad-batches 3 "
      "--progressive-resize 12@0,16@1";
  const auto result = run(train("run", flags));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(metrics("run").back())["step"], 6);  // of 7 batches 3, 3, 1
  EXPECT_FALSE(read_file(folder_ / "run/final.safetensors") ==
               read_file(folder_ / "run/final_raw.safetensors"));
  EXPECT_EQ(list_folders(folder_ / "run" / "checkpoints").size(), 2u);
  const auto other = run(train("run", flags + " --cutmix-prob 0.25"));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("--cutmix-prob was '0.5', is '0.25'"));
}

// 56 images: 4 batches of 14, then twice 7 of 8, then one of all, being fewer than 60.
TEST_F(TrainCommand, EachPhaseOfCropsHasItsBatches) {
  const std::string phases =
      "--val-shards val --epochs 4 --progressive-resize 12x14@0,16@1,16x60@3 ";
  const auto result = run(train("run", phases));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("4 steps an epoch, from epoch 1 on 7, from epoch 3 on 1"));
  std::vector<int> steps;
  for (const std::string& line : metrics("run"))
    if (const nlohmann::json values = nlohmann::json::parse(line); values["event"] == "epoch")
      steps.push_back(values["step"]);
  EXPECT_THAT(steps, ::testing::ElementsAre(4, 11, 18, 19));

  const auto limited = run(train("limited", phases + "--limit-batches 3"));
  ASSERT_EQ(limited.exit_code, 0) << limited.err;
  EXPECT_EQ(nlohmann::json::parse(metrics("limited").back())["step"], 3 + 3 + 3 + 1);
  const auto other = run(train("run",
                               "--val-shards val --epochs 4 --auto-resume "
                               "--progressive-resize 12x14@0,16@1,16x28@3"));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("--progressive-resize was '12x14@0,16@1,16x60@3'"));
}

// ResNet-18's last maps are of one pixel up to crops of 32.
TEST_F(TrainCommand, ABatchOfOneSampleIsRefusedInThePhaseWhereItIsTooSmall) {
  const auto refused = run(train("run", "--epochs 4 --progressive-resize 16x8@0,32x1@3"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--progressive-resize, from epoch 3 on: "));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  const auto trained =
      run(train("run", "--epochs 2 --limit-batches 4 --progressive-resize 16x8@0,33x1@1"));
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, ::testing::Not(HasSubstr("too few")));
}

TEST_F(TrainCommand, LearnsAndSaysHowWell) {
  const auto result = run(train("run", "--val-shards val --epochs 6 --min-scale 0.5"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  const nlohmann::json last = nlohmann::json::parse(metrics("run").back());
  EXPECT_EQ(last["event"], "epoch");
  EXPECT_EQ(last["step"], 42);  // 7 batches of 8 in 56 images
  EXPECT_GT(last["val_top1"].get<double>(), 0.6);
  EXPECT_EQ(last["val_top5"], 1.0);

  // Of 13 samples the 7 hardest and the 6 easiest, each with its picture.
  const auto samples =
      nlohmann::json::parse(read_text_file(folder_ / "run/evaluation.json"))["samples"];
  ASSERT_EQ(samples["worst"].size(), 7u);
  ASSERT_EQ(samples["best"].size(), 6u);
  std::set<std::string> names;
  double before = std::numeric_limits<double>::infinity();
  for (const auto& sample : samples["worst"]) {
    EXPECT_LE(sample["score"].get<double>(), before);
    before = sample["score"];
    names.insert(sample["name"]);
  }
  for (const auto& sample : samples["best"]) {
    EXPECT_LE(sample["score"].get<double>(), before);
    // Sample i is of class i modulo 3.
    const std::string name = sample["name"];
    const std::vector<std::string> classes{"dark", "grey", "light"};
    EXPECT_EQ(sample["label"], classes[std::stoul(name.substr(3)) % 3]) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 13u);
  const std::string report = read_text_file(folder_ / "run/report.html");
  size_t pictures = 0;
  for (size_t at = 0;
       (at = report.find("src=\"data:image/jpeg;base64,/9j/", at)) != std::string::npos; ++at)
    ++pictures;
  EXPECT_EQ(pictures, 13u);
}

TEST_F(TrainCommand, RefusesToWriteOverARun) {
  const std::string brief = "--limit-batches 1 --epochs 1";
  ASSERT_EQ(run(train("run", brief)).exit_code, 0);
  const auto again = run(train("run", brief));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("--auto-resume"));
  const auto other = run(train("run", brief + " --auto-resume --lr 0.5"));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("--lr was '0.003125', is '0.5'"));
  EXPECT_EQ(run(train("run", brief + " --auto-resume")).exit_code, 0);
  EXPECT_EQ(run(train("run", brief + " --force --lr 0.5")).exit_code, 0);
  EXPECT_EQ(metrics("run").size(), 2u);
}

TEST_F(TrainCommand, FewerSamplesThanABatchAreOneBatch) {
  write_data_set(folder_ / "few", "train", 5, {"a", "b"});
  const auto result =
      run("train --model resnet18 --shards few --crop 16 --epochs 1 --device cpu --output-dir run");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(metrics("run").back())["step"], 1);
}

TEST_F(TrainCommand, StartsFromGivenWeights) {
  const std::string brief = "--limit-batches 1 --epochs 1";
  ASSERT_EQ(run(train("first", brief)).exit_code, 0);
  write_data_set(folder_ / "other", "train", 16, {"a", "b"});
  const auto result =
      run("train --model resnet18 --shards other --crop 16 --batch-size 8 --device cpu "
          "--init-from first/final.safetensors --output-dir second " +
          brief);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("start at random: fc.weight ([3,512] there, [2,512] here), "
                                    "fc.bias ([3] there, [2] here)"));
  EXPECT_THAT(result.err, ::testing::Not(HasSubstr("conv1")));
}

TEST_F(TrainCommand, RefusesValidationWithOtherClasses) {
  write_data_set(folder_ / "val2", "val", 8, {"dark", "light"});
  const auto result = run(train("run", "--val-shards val2"));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("class 1 is 'grey' in train and 'light' in val2"));
}

TEST_F(TrainCommand, ExitCodesTellUsageFromEnvironment) {
  EXPECT_EQ(run("train --help").exit_code, 0);
  EXPECT_EQ(run("train").exit_code, 2);
  EXPECT_EQ(run(train("run", "--no-such-flag")).exit_code, 2);
  EXPECT_EQ(run(train("run", "--channels 3 --mean 0.5 --std 0.5")).exit_code, 2);
  EXPECT_EQ(run(train("run", "--device cuda:99")).exit_code, 2);
  const auto missing = run("train --model resnet18 --shards nowhere --output-dir run --device cpu");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("nowhere"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(TrainCommand, TakesEveryOptionFromAConfigFile) {
  write_file_atomically(
      folder_ / "run.toml",
      "model = \"resnet18\"\nshards = \"train\"\noutput-dir = \"run\"\n"
      "batch-size = 8\ncrop = 16\nepochs = 1\nlimit-batches = 1\ndevice = \"cpu\"\n"
      "mean = [0.4]\nstd = [0.3]\n");
  const auto result = run("train --config run.toml");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(metrics("run").front(), HasSubstr("\"--mean\":\"0.4\""));
}

TEST_F(TrainCommand, ARunIsRepeatedFromItsOwnConfig) {
  ASSERT_EQ(
      run(train("first", "--val-shards val --epochs 1 --use-ema --mixup-alpha 0.2")).exit_code, 0);
  const auto again = run("train --config first/config.json --output-dir second");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(read_file(folder_ / "first/final.safetensors"),
            read_file(folder_ / "second/final.safetensors"));
  const auto read = [&](const char* name) {
    return nlohmann::json::parse(read_text_file(folder_ / name));
  };
  const nlohmann::json first = read("first/config.json");
  EXPECT_EQ(first["options"]["crop"], 16);
  EXPECT_EQ(first["options"]["channels"], "1");
  EXPECT_EQ(first["options"]["mean"], nlohmann::json({0.5}));
  EXPECT_EQ(first["options"]["threads"], 2);
  EXPECT_EQ(first["made_with"]["--device"], "cpu");
  EXPECT_EQ(first["data"]["fingerprint"], read("second/config.json")["data"]["fingerprint"]);
}

TEST_F(TrainCommand, ClassWeightsAreOneAClassOrBalanced) {
  const auto wrong = run(train("run", "--epochs 1 --class-weights 1,2"));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("expected one for each of 3 classes: dark, grey, light"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  const auto balanced = run(
      train("run", "--epochs 1 --val-shards val --class-weights balanced --label-smoothing 0.1"));
  ASSERT_EQ(balanced.exit_code, 0) << balanced.err;
  // Of 56 images 19, 19 and 18: 56 / (3 * 19), 56 / (3 * 18).
  EXPECT_THAT(balanced.err, HasSubstr("class weights: 0.9825, 0.9825, 1.037"));
  EXPECT_THAT(metrics("run").front(), HasSubstr("\"--class-weights\":\"balanced\""));
}

TEST_F(TrainCommand, TheBestIsFoundByAValueOfValidationAndMirrorsAreOfItToo) {
  const auto wrong = run(train("run", "--epochs 1 --val-shards val --best-metric accuracy"));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("validation gives top1, top5, macro_f1, macro_auc, loss, not"));
  for (const char* idle : {"--best-metric loss", "--val-tta flip"}) {
    const auto refused = run(train("run", std::string("--epochs 1 ") + idle));
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, HasSubstr("there is no validation data"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  const std::string endless = "--val-shards val --scheduler constant --auto-resume --epochs ";
  ASSERT_EQ(run(train("run", endless + "1")).exit_code, 0);
  const auto mirrored = run(train("run", endless + "2 --val-tta flip --best-metric auc"));
  ASSERT_EQ(mirrored.exit_code, 0) << mirrored.err;
  EXPECT_THAT(mirrored.err, HasSubstr("those of the best val_top1 so far"));
  EXPECT_THAT(mirrored.err, HasSubstr("from now on val_macro_auc with --val-tta flip counts"));
}

TEST_F(TrainCommand, AnotherProgramsConfigIsNotOverwritten) {
  fs::create_directory(folder_ / "run");
  write_file_atomically(folder_ / "run/config.json", "{\"hidden_size\": 768}\n");
  const auto refused = run(train("run", "--epochs 1 --force"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("was not written by train"));
}

TEST_F(TrainCommand, SeveralDataSetsAreJoinedAndAllAreNamedInTheFingerprint) {
  write_data_set(folder_ / "more", "more", 24, {"dark", "grey", "light"});
  const auto joined = run(train("run", "--shards more --val-shards val --epochs 1 --log-every 1"));
  ASSERT_EQ(joined.exit_code, 0) << joined.err;
  EXPECT_THAT(joined.err, HasSubstr("2 data sets joined, split train: 80 samples"));
  EXPECT_THAT(joined.err, HasSubstr("10 steps an epoch"));  // 56 + 24 in batches of 8
  const auto other = run(train("run", "--epochs 2 --val-shards val --auto-resume"));
  EXPECT_NE(other.exit_code, 0);
}

TEST_F(TrainCommand, DataSetsOfOtherClassesAreNotJoined) {
  write_data_set(folder_ / "more", "more", 24, {"dark", "gray", "light"});
  const auto refused = run(train("run", "--shards more --epochs 1"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("class 1 is 'grey' in train and 'gray' in more"));
}

TEST_F(TrainCommand, ClassesInAnotherUnicodeFormAreOneAndSaidToBe) {
  write_data_set(folder_ / "composed", "train", 24, {"caf\xc3\xa9", "x"});
  write_data_set(folder_ / "decomposed", "val", 8, {"cafe\xcc\x81", "x"});
  const auto trained =
      run("train --model resnet18 --batch-size 8 --crop 16 --threads 2 --device cpu --epochs 1 "
          "--shards composed --val-shards decomposed --output-dir run");
  if (trained.err.find("libutf8proc") != std::string::npos) {
    EXPECT_EQ(trained.exit_code, 2);  // built without it: refused, with the reason
    return;
  }
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("Unicode forms of one name"));
}

TEST_F(TrainCommand, ClassesWithoutASampleAreNamed) {
  write_data_set(folder_ / "few", "train", 2, {"a", "b", "c"});
  const auto trained =
      run("train --model resnet18 --batch-size 2 --crop 16 --threads 2 --device cpu --epochs 1 "
          "--shards few --output-dir run");
  EXPECT_THAT(trained.err, HasSubstr("no training sample in: 'c'"));
}

TEST_F(TrainCommand, TheSamePixelsByReadCalls) {
  ASSERT_EQ(run(train("mapped", "--epochs 1")).exit_code, 0);
  ASSERT_EQ(run(train("read", "--epochs 1 --io pread --check-hashes")).exit_code, 0);
  EXPECT_EQ(read_file(folder_ / "mapped" / "final.safetensors"),
            read_file(folder_ / "read" / "final.safetensors"));
}

}  // namespace
}  // namespace stoker
