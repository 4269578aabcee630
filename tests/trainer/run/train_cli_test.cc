// `train` as a user runs it: exit codes, and that a killed run ends with the bits of one left
// alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST_F(TrainCommand, KilledAndResumedEndsWithTheBitsOfARunLeftAlone) {
  const std::string flags =
      "--val-shards val --epochs 2 --save-every 3 --log-every 1 --auto-resume";
  ASSERT_EQ(run(train("whole", flags)).exit_code, 0);

  // SIGKILL after the first checkpoint, in the middle of the first epoch.
  const std::string wait_for =
      " & pid=$!; until [ -e broken/checkpoints/$want ] || ! kill -0 $pid; do sleep 0.02; done; ";
  const auto killed = run("want=epoch-00000-step-00000003; " + train("broken", flags) + wait_for +
                          "kill -KILL $pid && wait $pid");
  ASSERT_EQ(killed.exit_code, 137) << killed.err;
  // SIGTERM in the second epoch.
  const auto stopped = run("want=epoch-00001-step-00000002; " + train("broken", flags) + wait_for +
                           "kill -TERM $pid && wait $pid");
  ASSERT_EQ(stopped.exit_code, 143) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("resumed from"));
  const auto finished = run(train("broken", flags));
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("resumed from"));

  EXPECT_EQ(metrics("broken"), metrics("whole"));
  for (const char* name : {"final.safetensors", "best.safetensors"}) {
    EXPECT_TRUE(read_file(folder_ / "broken" / name) == read_file(folder_ / "whole" / name))
        << name;
  }
  EXPECT_EQ(list_folders(folder_ / "broken" / "checkpoints").size(), 2u);
}

TEST_F(TrainCommand, SoDoesOneThatMixesAveragesAndAccumulates) {
  const std::string flags =
      "--val-shards val --epochs 2 --save-every 1 --log-every 1 --auto-resume --scheduler onecycle "
      "--optimizer adam --mixup-alpha 0.4 --cutmix-alpha 1 --use-ema --accumulate-grad-batches 3 "
      "--progressive-resize 12@0,16@1";
  ASSERT_EQ(run(train("whole", flags)).exit_code, 0);
  const auto killed = run("want=epoch-00001-step-00000001; " + train("broken", flags) +
                          " & pid=$!; until [ -e broken/checkpoints/$want ] || ! kill -0 $pid; do "
                          "sleep 0.02; done; kill -KILL $pid && wait $pid");
  ASSERT_EQ(killed.exit_code, 137) << killed.err;
  const auto finished = run(train("broken", flags));
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("resumed from"));
  EXPECT_EQ(metrics("broken"), metrics("whole"));
  EXPECT_EQ(nlohmann::json::parse(metrics("whole").back())["step"], 6);  // of 7 batches 3, 3, 1
  for (const char* name : {"final.safetensors", "final_raw.safetensors", "best.safetensors"}) {
    EXPECT_TRUE(read_file(folder_ / "broken" / name) == read_file(folder_ / "whole" / name))
        << name;
  }
  EXPECT_FALSE(read_file(folder_ / "whole/final.safetensors") ==
               read_file(folder_ / "whole/final_raw.safetensors"));
  const auto other = run(train("whole", flags + " --cutmix-prob 0.25"));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("--cutmix-prob was '0.5', is '0.25'"));
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
