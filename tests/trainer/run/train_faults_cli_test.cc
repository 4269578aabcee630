// What people do to runs, and what happens to them: folders with other things in them, lost files,
// two runs at once, signals, numbers that are none, full disks, data with too little in it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "tests/trainer/run/train_command.h"
#include "trainer/tensors/safetensors.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TrainCommand;
using testing::write_data_set;

class TrainFaults : public TrainCommand {
 protected:
  static constexpr const char* kBrief = " --limit-batches 1 --epochs 1 ";

  // Every file below `folder` with its content's hash.
  std::map<std::string, std::string> contents(const std::string& folder) const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / folder)) {
      if (!entry.is_regular_file()) continue;
      found[entry.path().string()] = to_hex(xxh3_128(read_file(entry.path())));
    }
    return found;
  }

  void expect_finite(const fs::path& path) const {
    const SafetensorsFile file(path);
    for (const TensorView& view : file.table().tensors) {
      if (view.dtype != "F32") continue;
      for (size_t i = 0; i < view.bytes.size(); i += sizeof(float)) {
        float value = 0;
        std::memcpy(&value, view.bytes.data() + i, sizeof value);
        ASSERT_TRUE(std::isfinite(value)) << path << " " << view.name;
      }
    }
  }
};

TEST_F(TrainFaults, ForceDeletesNothingBeforeAllThatIsNamedIsFoundGood) {
  ASSERT_EQ(run(train("run", kBrief)).exit_code, 0);
  const auto before = contents("run");
  write_file_atomically(folder_ / "text.safetensors", "nothing of the kind");
  for (const std::string wrong :
       {"--init-from nowhere.safetensors", "--init-from text.safetensors", "--val-shards nowhere",
        "--init-from train", "--lr nan", "--device cuda:99"}) {
    const auto result = run(train("run", kBrief + std::string("--force ") + wrong));
    EXPECT_NE(result.exit_code, 0) << wrong;
    EXPECT_EQ(contents("run"), before) << wrong << "\n" << result.err;
  }
}

TEST_F(TrainFaults, ForceMayStartFromTheBestWeightsOfTheRunItThrowsAway) {
  ASSERT_EQ(run(train("run", "--val-shards val --limit-batches 1 --epochs 1")).exit_code, 0);
  const auto again = run(train("run", kBrief + std::string("--force --lr 0 --weight-decay 0 "
                                                           "--init-from run/best.safetensors")));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(metrics("run").size(), 2u);  // the start and the epoch of the new one
}

TEST_F(TrainFaults, ForceLeavesWhatStokerDidNotWrite) {
  ASSERT_EQ(run(train("run", kBrief)).exit_code, 0);
  fs::create_directories(folder_ / "run" / "checkpoints" / "keep-epoch1");
  write_file_atomically(folder_ / "run" / "checkpoints" / "keep-epoch1" / "model.bin", "mine");
  write_file_atomically(folder_ / "run" / "notes.txt", "mine");
  EXPECT_EQ(run(train("run", kBrief + std::string("--force"))).exit_code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "run" / "checkpoints" / "keep-epoch1" / "model.bin"));
  EXPECT_TRUE(fs::exists(folder_ / "run" / "notes.txt"));
}

TEST_F(TrainFaults, OtherFoldersAmongTheCheckpointsAreNeitherTakenNorRemoved) {
  const std::string flags = "--save-every 1 --keep-last 1 --auto-resume --epochs 1 ";
  for (const char* name : {".ipynb_checkpoints", "a-backup", "old_runs", "zzz"})
    fs::create_directories(folder_ / "run" / "checkpoints" / name);
  ASSERT_EQ(run(train("run", flags)).exit_code, 0);
  EXPECT_EQ(list_folders(folder_ / "run" / "checkpoints").size(), 5u);
  EXPECT_TRUE(fs::exists(folder_ / "run" / "checkpoints" / "epoch-00001-step-00000000"));
  const auto again = run(train("run", flags));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("epoch-00001-step-00000000"));
}

TEST_F(TrainFaults, AFinishedRunWithoutItsCheckpointsIsNotBegunAgain) {
  ASSERT_EQ(run(train("run", "--val-shards val --limit-batches 1 --epochs 1")).exit_code, 0);
  fs::remove_all(folder_ / "run" / "checkpoints");
  const auto before = contents("run");
  for (const char* more : {"", "--auto-resume"}) {
    const auto again = run(train("run", kBrief + std::string(more)));
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_THAT(again.err, HasSubstr("holds a run already"));
  }
  EXPECT_EQ(contents("run"), before);
}

TEST_F(TrainFaults, ASecondRunOnOneFolderIsRefusedByTheNameOfTheFirst) {
  const std::string until =
      " & pid=$!; until [ -e run/checkpoints/epoch-00000-step-00000001 ] || ! kill -0 $pid; do "
      "sleep 0.02; done; ";
  const auto result = run(train("run", "--epochs 50 --save-every 1") + until +
                          train("run", "--epochs 50 --save-every 1") +
                          " 2>second; code=$?; kill -KILL $pid; wait $pid; echo $pid; exit $code");
  EXPECT_EQ(result.exit_code, 2) << result.err;
  const std::string said = text_of(folder_ / "second");
  EXPECT_THAT(said, HasSubstr("train (process " + result.out.substr(0, result.out.find('\n'))));
  // Nothing but the dead one's lock file is in the way now.
  const auto after = run(train("run", "--epochs 50 --save-every 1 --auto-resume") +
                         " & pid=$!; until grep -q 'resumed from' .err || ! kill -0 $pid; do "
                         "sleep 0.02; done; kill -TERM $pid; wait $pid");
  EXPECT_EQ(after.exit_code, 143) << after.err;
}

TEST_F(TrainFaults, ADivergedRunEndsWithOneAndLeavesOnlyFiniteWeights) {
  const auto result = run(train("run", "--val-shards val --epochs 2 --lr 1e12 --save-every 1"));
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("has diverged"));
  EXPECT_FALSE(fs::exists(folder_ / "run" / "final.safetensors"));
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "run")) {
    if (entry.path().extension() == ".safetensors") expect_finite(entry.path());
  }
}

TEST_F(TrainFaults, BatchesOfOneSampleAreRefusedBeforeTraining) {
  const std::string one_each =
      "train --model resnet18 --shards train --batch-size 1 --limit-batches 2 --epochs 1 "
      "--device cpu ";
  const auto one = run(one_each + "--crop 32 --output-dir run");
  EXPECT_EQ(one.exit_code, 2);
  EXPECT_THAT(one.err, HasSubstr("--batch-size 2 or more, or --crop 33 or more"));
  EXPECT_EQ(run(one_each + "--crop 33 --output-dir run").exit_code, 0);
  write_data_set(folder_ / "single", "train", 1, {"a", "b"});
  const std::string rest = " --crop 16 --epochs 1 --device cpu --output-dir other";
  const auto single = run("train --model resnet18 --shards single" + rest);
  EXPECT_EQ(single.exit_code, 2);
  EXPECT_THAT(single.err, HasSubstr("a data set of one sample"));
  const auto dense = run("train --model densenet121 --shards train" + rest);
  EXPECT_EQ(dense.exit_code, 2);
  EXPECT_THAT(dense.err, HasSubstr("--crop 16 is too small for densenet121"));
  EXPECT_FALSE(fs::exists(folder_ / "other"));
}

TEST_F(TrainFaults, OneClassIsSaid) {
  write_data_set(folder_ / "same", "train", 8, {"cat"});
  const auto one =
      run("train --model resnet18 --shards same --crop 16 --epochs 1 --device cpu "
          "--output-dir one");
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.err, HasSubstr("'cat' is the only class"));
}

TEST_F(TrainFaults, NoTrainingSamplesAreBadData) {
  write_data_set(folder_ / "none", "train", 0, {"cat", "dog"});
  const auto result = run(
      "train --model resnet18 --shards none --crop 16 --epochs 1 --device cpu --output-dir run");
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("expected at least one sample"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(TrainFaults, AFullDiskLeavesNoHalfCheckpoint) {
  if (run("mkdir small && mount -t tmpfs -o size=64m tmpfs small").exit_code != 0) {
    GTEST_SKIP() << "cannot mount a small tmpfs here";
  }
  const auto result = run(train("small/run", kBrief));  // a checkpoint takes 90 MB
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, HasSubstr("--auto-resume"));
  EXPECT_THAT(list_folders(folder_ / "small" / "run" / "checkpoints"), ::testing::IsEmpty());
  run("umount small");
}

TEST_F(TrainFaults, ASaveRequestSavesAndGoesOn) {
  const auto result = run(train("run", "--epochs 1000 --save-every 1000e") +
                          " & pid=$!; until grep -q start run/metrics.jsonl 2>/dev/null || "
                          "! kill -0 $pid; do sleep 0.02; done; "
                          "kill -USR1 $pid; until [ -n \"$(ls run/checkpoints 2>/dev/null | grep "
                          "-v tmp)\" ] || ! kill -0 $pid; do sleep 0.02; done; "
                          "kill -TERM $pid; wait $pid");
  EXPECT_EQ(result.exit_code, 143) << result.err;
  EXPECT_THAT(result.err, HasSubstr("as asked for"));
  EXPECT_GE(list_folders(folder_ / "run" / "checkpoints").size(), 1u);
}

TEST_F(TrainFaults, OtherThreadsOnResumeAreSaid) {
  const std::string flags = kBrief + std::string("--auto-resume");
  ASSERT_EQ(run(train("run", flags)).exit_code, 0);
  EXPECT_THAT(run(train("run", flags)).err, Not(HasSubstr("--threads")));
  const auto other =
      run("train --model resnet18 --shards train --batch-size 8 --crop 16 "
          "--threads 1 --device cpu --output-dir run " +
          flags);
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_THAT(other.err, HasSubstr("--threads was 2, is 1"));
}

TEST_F(TrainFaults, ATerminalThatCannotRepaintGetsPlainLines) {
  if (run("command -v script").exit_code != 0) GTEST_SKIP() << "needs script (bsdutils)";
  const std::string command =
      train("$TERM", "--epochs 2").substr(strlen("OMP_WAIT_POLICY=passive "));
  const auto on_terminal = [&](const std::string& terminal) {
    return run("export COLORTERM=truecolor TERM=" + terminal + "; script -qec '" + command +
               "' /dev/null </dev/null");
  };
  const auto dumb = on_terminal("dumb");
  EXPECT_EQ(dumb.exit_code, 0) << dumb.out;
  EXPECT_THAT(dumb.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(on_terminal("xterm").out, HasSubstr("\x1b[K"));
}

TEST_F(TrainFaults, UsageErrorsAreOurs) {
  for (const std::string wrong :
       {"--base 7", "--turns yx", "--mean nan --std 1", "--std 0 --mean 0", "--lr nan",
        "--momentum nan", "--init-from ''", "--val-shards ''"}) {
    const auto result = run(train("run", kBrief + wrong));
    EXPECT_EQ(result.exit_code, 2) << wrong << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(wrong.substr(0, wrong.find(' ')))) << wrong;
  }
  const auto nameless = run("train --model resnet18 --shards train --output-dir ''");
  EXPECT_EQ(nameless.exit_code, 2);
  EXPECT_THAT(nameless.err, HasSubstr("--output-dir"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

}  // namespace
}  // namespace stoker
