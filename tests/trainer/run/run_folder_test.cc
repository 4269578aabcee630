// Whether a run may begin in a folder, and what --force takes away there.
#include "trainer/run/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/tensors/safetensors.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RunFolderTest : public FolderTest {
 protected:
  RunOptions options(bool auto_resume = false, bool force = false) const {
    RunOptions run;
    run.output_dir = folder_.string();
    run.auto_resume = auto_resume;
    run.force = force;
    return run;
  }

  void take(const RunOptions& run) const { RunFolder(run).take(); }

  std::string refusal(const RunOptions& run) const {
    try {
      take(run);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.what();
    }
    return "";
  }

  void make_checkpoint(const std::string& name) const {
    const fs::path path = folder_ / "checkpoints" / name;
    fs::create_directories(path);
    for (const char* file : {kModelFile, kTrainingFile, kStateFile})
      write_file_atomically(path / file, "x");
  }

  void make_weights(const char* name, const std::string& key) const {
    const Bytes bytes(4);
    const TensorView view{"w", "F32", {1}, bytes};
    write_safetensors(folder_ / name, {&view, 1}, {{key, "resnet18"}});
  }

  void make_metrics() const {
    write_file_atomically(
        folder_ / kMetricsFile,
        "{\"event\":\"start\",\"--lr\":\"1\"}\n{\"event\":\"epoch\",\"epoch\":1}\n");
  }
};

TEST_F(RunFolderTest, AFinishedRunWithoutItsCheckpointsIsARun) {
  make_metrics();
  make_weights(kBestFile, "model");
  make_weights(kFinalFile, "model");
  EXPECT_THAT(refusal(options()), HasSubstr("holds a run already"));
  EXPECT_THAT(refusal(options(true)), HasSubstr("holds a run already"));
  EXPECT_TRUE(fs::exists(folder_ / kBestFile));
  fs::remove(folder_ / kBestFile);
  EXPECT_THAT(refusal(options(true)), HasSubstr("holds a run already"));
  take(options(false, true));
  EXPECT_FALSE(fs::exists(folder_ / kFinalFile));
}

TEST_F(RunFolderTest, ARunKilledBeforeItsFirstCheckpointBeginsAnew) {
  write_file_atomically(folder_ / kMetricsFile, "{\"event\":\"start\"}\n{\"event\":\"step\"}\n");
  take(options());
  make_metrics();  // epochs without a checkpoint: --save-every 5e
  take(options(true));
  EXPECT_THAT(refusal(options()), HasSubstr("holds a run already"));
}

TEST_F(RunFolderTest, ForceTakesOnlyWhatStokerWrote) {
  make_metrics();
  make_weights(kBestFile, "model");
  make_checkpoint("epoch-00001-step-00000000");
  make_checkpoint("epoch-00002-step-00000000.damaged");
  make_checkpoint("keep-epoch1");
  write_file_atomically(folder_ / "notes.txt", "mine");
  fs::create_directories(folder_ / "predictions");
  take(options(false, true));
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    if (entry.is_regular_file()) left.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(left,
              ::testing::UnorderedElementsAre("notes.txt", kModelFile, kTrainingFile, kStateFile));
  EXPECT_TRUE(fs::exists(folder_ / "checkpoints" / "keep-epoch1"));
  EXPECT_TRUE(fs::exists(folder_ / "predictions"));
}

TEST_F(RunFolderTest, FilesOfOurNamesThatAnotherProgramWroteAreRefusedAndStay) {
  write_file_atomically(folder_ / kMetricsFile, "{\"loss\": 1}\n");
  for (const bool force : {false, true})
    EXPECT_THAT(refusal(options(false, force)), HasSubstr("not written by train"));
  EXPECT_EQ(read_text_file(folder_ / kMetricsFile), "{\"loss\": 1}\n");
  fs::remove(folder_ / kMetricsFile);
  make_weights(kBestFile, "step");
  EXPECT_THAT(refusal(options(false, true)), HasSubstr("not written by train"));
  EXPECT_TRUE(fs::exists(folder_ / kBestFile));
}

TEST_F(RunFolderTest, ASecondProcessIsRefusedAndTheLockOfADeadOneIsTakenOver) {
  RunFolder folder(options());
  folder.take();
  make_checkpoint("epoch-00001-step-00000000");  // which alone would be another reason
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      RunFolder(options()).take();
    } catch (const Error& error) {
      const bool named =
          std::string(error.what()).find(std::to_string(::getppid())) != std::string::npos;
      ::_exit(named && error.code() == ErrorCode::kInvalidArgument ? 2 : 9);
    }
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

TEST_F(RunFolderTest, HalfWrittenFilesOfAKilledRunGoAtTheStart) {
  make_checkpoint("epoch-00003-step-00000000.tmp");
  write_file_atomically(folder_ / "best.safetensors.tmp", "half");
  take(options(true));
  EXPECT_FALSE(fs::exists(folder_ / "checkpoints" / "epoch-00003-step-00000000.tmp"));
  EXPECT_FALSE(fs::exists(folder_ / "best.safetensors.tmp"));
}

TEST_F(RunFolderTest, OutputMustBeAFolder) {
  RunOptions run = options();
  run.output_dir = (folder_ / "file").string();
  write_file_atomically(folder_ / "file", "x");
  EXPECT_THAT(refusal(run), HasSubstr("expected a folder"));
}

}  // namespace
}  // namespace stoker
