// How a run of `train` is controlled: flags as users of other trainers type them, where it is kept,
// from what it goes on, when it ends, what it tells others.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libdata/core/files.h"
#include "tests/trainer/run/train_command.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TrainCommand;

class TrainControl : public TrainCommand {
 protected:
  void expect_same_weights(const fs::path& a, const fs::path& b) const {
    EXPECT_TRUE(read_file(folder_ / a) == read_file(folder_ / b)) << a << " " << b;
  }
  std::vector<std::string> checkpoints(const std::string& root) const {
    std::vector<std::string> names;
    for (const fs::path& path : list_folders(folder_ / root / "checkpoints"))
      names.push_back(path.filename().string());
    return names;
  }
  static constexpr const char* kRest = " --model resnet18 --crop 16 --device cpu ";
};

TEST_F(TrainControl, TakesTheCommandLinesOfTheGuides) {
  const auto first = run(
      "train --data train --val-data val --epochs 2 --batch-size 8 --lr 0.1 --weight-decay 2e-4 "
      "--momentum 0.9 --warmup-epochs 1 --label-smoothing 0.1 --workers 2 --output-dir O "
      "--checkpoint-freq 2 --print-freq 100 --save-best-only --resume-latest" +
      std::string(kRest));
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(checkpoints("O"), std::vector<std::string>{"epoch-00002-step-00000000"});
  const auto second =
      run("train --data train --val-data val --batch-size 8 --epochs 3 --lr 0.1 --warmup-epochs 1 "
          "--momentum 0.9 --weight-decay 1e-4 --label-smoothing 0.1 --gradient-clip 1.0 "
          "--checkpoint-dir C --log-dir L --checkpoint-interval 5 --auto-resume "
          "--target-accuracy 78 --num-workers 2" +
          std::string(kRest));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_TRUE(fs::exists(folder_ / "L" / "metrics.jsonl"));
  EXPECT_TRUE(fs::exists(folder_ / "C" / "final.safetensors"));
  EXPECT_FALSE(fs::exists(folder_ / "C" / "metrics.jsonl"));
}

TEST_F(TrainControl, TheModelIsResNet50WhereNoneIsNamed) {
  const auto result =
      run("train --data train --crop 16 --batch-size 8 --epochs 1 --threads 2 "
          "--limit-batches 1 --device cpu --output-dir run");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(metrics("run").front(), HasSubstr("\"--model\":\"resnet50\""));
}

TEST_F(TrainControl, AnUnknownFlagIsToldTheNearestOne) {
  const auto result = run(train("run", "--checkpoint-frequency 2"));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("did you mean --checkpoint-freq?"));
}

TEST_F(TrainControl, UnpackedDataIsToldHowToBePacked) {
  fs::create_directories(folder_ / "photos" / "train" / "cat");
  fs::create_directories(folder_ / "photos" / "val" / "cat");
  write_file_atomically(folder_ / "photos" / "train" / "cat" / "1.JPEG", "x");
  fs::create_directories(folder_ / "my scans");
  write_file_atomically(folder_ / "my scans" / "1.tif", "x");
  write_file_atomically(folder_ / "images.tar", "x");
  const auto refusal = [this](const std::string& data) {
    const auto result = run("train --data " + data + " --output-dir run" + kRest);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_FALSE(fs::exists(folder_ / "run"));
    return result.err;
  };
  EXPECT_THAT(refusal("photos"),
              HasSubstr("pack-imagenet --input photos/train --output photos-packed/train\n"
                        "  pack-imagenet --input photos/val --output photos-packed/val\n"
                        "and then train --data photos-packed/train --val-data photos-packed/val"));
  EXPECT_THAT(refusal("photos/train"),
              HasSubstr("pack-imagenet --input photos/train --output train-packed\n"
                        "and then train --data train-packed"));
  EXPECT_THAT(refusal("images.tar"),
              HasSubstr("pack-imagenet --input images.tar --output images-packed"));
  EXPECT_THAT(refusal("'my scans'"),
              HasSubstr("pack-volumes --input 'my scans' --output 'my scans-packed'"));
  EXPECT_THAT(refusal("."), HasSubstr("it holds ./train, ./val"));
}

TEST_F(TrainControl, EndsAsASuccessOnceTheTargetIsReached) {
  // 3 classes: any network finds more than one percent.
  const std::string easy = "--val-shards val --epochs 5 --target-accuracy 0.01 --auto-resume";
  const auto result = run(train("run", easy));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("the target 0.0100: done after 1 of 5 epochs"));
  EXPECT_TRUE(fs::exists(folder_ / "run" / "final.safetensors"));
  EXPECT_EQ(metrics("run").size(), 2u);
  const auto again = run(train("run", easy));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(metrics("run").size(), 2u);  // it is done
  const auto further = run(train("run", "--val-shards val --epochs 5 --auto-resume"));
  EXPECT_EQ(further.exit_code, 0) << further.err;
  EXPECT_EQ(metrics("run").size(), 6u);
  ASSERT_EQ(run(train("whole", "--val-shards val --epochs 5")).exit_code, 0);
  expect_same_weights("run/final.safetensors", "whole/final.safetensors");
}

TEST_F(TrainControl, StopsBeforeItsTimeIsUp) {
  const auto limited = run(train("run", "--epochs 100000 --max-time 8s --save-every 1000e"));
  EXPECT_EQ(limited.exit_code, 143) << limited.err;
  EXPECT_THAT(limited.err, HasSubstr("continue with --auto-resume"));
  EXPECT_THAT(limited.err, HasSubstr("error: stopped: its time is up"));
  EXPECT_EQ(checkpoints("run").size(), 1u);
  const auto batch = run("export SLURM_JOB_END_TIME=$(($(date +%s) + 8)); " +
                         train("run", "--epochs 100000 --save-every 1000e --auto-resume"));
  EXPECT_EQ(batch.exit_code, 143) << batch.err;
  EXPECT_THAT(batch.err, HasSubstr("resumed from"));
}

TEST_F(TrainControl, RunsTheUsersCommandAfterEachCheckpoint) {
  const auto result = run(train("run",
                                "--epochs 2 --after-save 'test -e $STOKER_CHECKPOINT/state.json && "
                                "basename $STOKER_CHECKPOINT >> saved; echo noise'"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(text_of(folder_ / "saved"), ::testing::EndsWith("epoch-00002-step-00000000\n"));
  const auto failing = run(train("other", "--epochs 1 --after-save 'exit 7'"));
  EXPECT_EQ(failing.exit_code, 0);
  EXPECT_THAT(failing.err, HasSubstr("epoch-00001-step-00000000 ended with 7"));
}

TEST_F(TrainControl, AFinishedRunTakesMoreEpochsWhereTheRateDoesNotDependOnThem) {
  const std::string constant = "--lr 0.01 --min-lr 0.01 --warmup-epochs 0.5 --auto-resume ";
  ASSERT_EQ(run(train("run", constant + "--epochs 1")).exit_code, 0);
  const auto more = run(train("run", constant + "--epochs 2"));
  EXPECT_EQ(more.exit_code, 0) << more.err;
  ASSERT_EQ(run(train("whole", constant + "--epochs 2")).exit_code, 0);
  expect_same_weights("run/final.safetensors", "whole/final.safetensors");
  EXPECT_EQ(run(train("run", constant + "--epochs 1")).exit_code, 2);  // not fewer

  ASSERT_EQ(run(train("cosine", "--epochs 1")).exit_code, 0);
  const auto refused = run(train("cosine", "--epochs 2 --auto-resume"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--epochs was '1', is '2'"));
  EXPECT_THAT(refused.err, HasSubstr("--init-from"));
}

TEST_F(TrainControl, GoesOnFromANamedCheckpointInAnotherFolder) {
  const std::string flags = "--val-shards val --epochs 2 --log-every 1 --keep-last 9 ";
  ASSERT_EQ(run(train("whole", flags)).exit_code, 0);
  const std::string first = "whole/checkpoints/epoch-00001-step-00000000";
  const auto other = run(train("other", flags + "--resume " + first));
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_EQ(metrics("other"), metrics("whole"));
  expect_same_weights("other/final.safetensors", "whole/final.safetensors");

  const auto back = run(train("whole", flags + "--resume " + first));
  EXPECT_EQ(back.exit_code, 2);
  EXPECT_THAT(back.err, HasSubstr("newer checkpoint, epoch-00002-step-00000000"));
  EXPECT_EQ(run(train("whole", flags + "--resume")).exit_code, 0);
  EXPECT_EQ(run(train("whole", flags + "--resume whole")).exit_code, 0);
  EXPECT_EQ(run(train("third", flags + "--resume whole")).exit_code, 0);
  expect_same_weights("third/best.safetensors", "whole/best.safetensors");
  const auto nothing = run(train("none", flags + "--resume"));
  EXPECT_EQ(nothing.exit_code, 3);
  EXPECT_THAT(nothing.err, HasSubstr("--auto-resume would start one"));
  EXPECT_EQ(run(train("none", flags + "--resume nowhere")).exit_code, 3);
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

TEST_F(TrainControl, CheckpointsAndLogsMayLieElsewhere) {
  const std::string flags = "--val-shards val --epochs 2 --save-every 3 --auto-resume ";
  ASSERT_EQ(run(train("whole", flags)).exit_code, 0);
  const std::string apart = flags + "--checkpoint-dir C --log-dir L ";
  const auto stopped = run(train("run", apart) +
                           " & pid=$!; until [ -e C/checkpoints/epoch-00000-step-00000003 ] || ! "
                           "kill -0 $pid; do sleep 0.02; done; kill -TERM $pid && wait $pid");
  ASSERT_EQ(stopped.exit_code, 143) << stopped.err;
  const auto resumed = run(train("run", apart));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("resumed from C/checkpoints"));
  EXPECT_EQ(metrics("L"), metrics("whole"));
  expect_same_weights("run/final.safetensors", "whole/final.safetensors");
  expect_same_weights("run/best.safetensors", "whole/best.safetensors");
  EXPECT_FALSE(fs::exists(folder_ / "run" / "checkpoints"));
}

TEST_F(TrainControl, SavesByTheClock) {
  // In minutes: a run of seconds has only the checkpoint of its end.
  ASSERT_EQ(run(train("run", "--epochs 2 --save-every 10m --keep-last 9")).exit_code, 0);
  EXPECT_EQ(checkpoints("run"), std::vector<std::string>{"epoch-00002-step-00000000"});
}

}  // namespace
}  // namespace stoker
