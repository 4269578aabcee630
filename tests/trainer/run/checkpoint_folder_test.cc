// What in checkpoints/ is a checkpoint, which goes, and what is left alone.
#include "trainer/run/checkpoint_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class CheckpointFolderTest : public FolderTest {
 protected:
  // A folder in checkpoints/ with the files of a checkpoint.
  fs::path make(const std::string& name) const {
    const fs::path path = checkpoints_folder(folder_) / name;
    fs::create_directories(path);
    for (const char* file : {kModelFile, kTrainingFile, kStateFile})
      write_file_atomically(path / file, name);
    return path;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(checkpoints_folder(folder_)))
      found.push_back(entry.path().filename().string());
    return found;
  }

  std::vector<uint64_t> epochs() const {
    std::vector<uint64_t> found;
    for (const FoundCheckpoint& checkpoint : list_checkpoints(folder_))
      found.push_back(checkpoint.position.epoch);
    return found;
  }
};

TEST(CheckpointName, IsReadBackExactly) {
  for (const CheckpointPosition position :
       {CheckpointPosition{0, 0}, {7, 12}, {99'999, 99'999'999}, {100'000, 100'000'000}}) {
    EXPECT_EQ(parse_checkpoint_name(checkpoint_name(position)), position);
  }
  EXPECT_EQ(checkpoint_name({7, 12}), "epoch-00007-step-00000012");
}

TEST(CheckpointName, NothingElseIsOne) {
  for (const char* other :
       {"", ".ipynb_checkpoints", "a-backup", "old_runs", "keep-epoch1", "epoch-00001",
        "epoch-1-step-1", "epoch-00001-step-00000001.tmp", "epoch-00001-step-00000001-backup",
        "epoch-00001-step-00000001 (copy)", "epoch-000001-step-00000001",
        "epoch--0001-step-00000001", "epoch-+0001-step-00000001",
        "epoch-00001-step-99999999999999999999999", "Epoch-00001-step-00000001"}) {
    EXPECT_FALSE(parse_checkpoint_name(other)) << other;
  }
}

TEST_F(CheckpointFolderTest, OrderIsThatOfNumbersPastFiveDigitsToo) {
  for (const uint64_t epoch : {100'000, 99'999, 1'000'000, 20'000})
    make(checkpoint_name({epoch, 0}));
  EXPECT_THAT(epochs(), ElementsAre(20'000, 99'999, 100'000, 1'000'000));
  prune_checkpoints(folder_, 2, {1'000'000, 0});
  EXPECT_THAT(epochs(), ElementsAre(100'000, 1'000'000));
}

TEST_F(CheckpointFolderTest, WhatIsNoCheckpointIsLeftAlone) {
  const std::vector<std::string> others = {".ipynb_checkpoints", "a-backup", "old_runs",
                                           "keep-epoch1", "zzz"};
  for (const std::string& name : others)
    make(name);
  write_file_atomically(checkpoints_folder(folder_) / "epoch-00009-step-00000000", "a file");
  make(checkpoint_name({1, 0}));
  make(checkpoint_name({2, 0}));
  EXPECT_THAT(epochs(), ElementsAre(1, 2));
  prune_checkpoints(folder_, 1, {2, 0});
  remove_checkpoint_leftovers(folder_);
  EXPECT_THAT(names(), UnorderedElementsAre(".ipynb_checkpoints", "a-backup", "old_runs",
                                            "keep-epoch1", "zzz", "epoch-00009-step-00000000",
                                            "epoch-00002-step-00000000"));
  remove_all_checkpoints(folder_);
  EXPECT_EQ(names().size(), 6u);
  EXPECT_EQ(read_text_file(checkpoints_folder(folder_) / "a-backup" / kStateFile), "a-backup");
}

TEST_F(CheckpointFolderTest, TheNewestIsNeverRemovedEvenWhereNamesSayOtherwise) {
  make(checkpoint_name({5, 0}));  // damaged, and could not be renamed
  make(checkpoint_name({4, 3}));
  prune_checkpoints(folder_, 1, {4, 3});
  EXPECT_TRUE(fs::exists(checkpoints_folder(folder_) / "epoch-00004-step-00000003"));
}

TEST_F(CheckpointFolderTest, ADraftThatIsNotPublishedLeavesNothing) {
  try {
    CheckpointDraft draft(folder_, {3, 0});
    write_file_atomically(draft.folder() / kModelFile, "half");
    throw std::runtime_error("disk full");
  } catch (const std::runtime_error&) {
  }
  EXPECT_THAT(names(), ElementsAre());
  CheckpointDraft draft(folder_, {3, 0});
  write_file_atomically(draft.folder() / kModelFile, "whole");
  draft.publish();
  EXPECT_THAT(names(), ElementsAre("epoch-00003-step-00000000"));
}

TEST_F(CheckpointFolderTest, LeftoversOfAKilledRunGo) {
  write_file_atomically(make("epoch-00003-step-00000000.tmp") / "model.safetensors.tmp", "half");
  make("epoch-00001-step-00000000.removed");
  make("epoch-00002-step-00000000.damaged");
  make("mine.tmp");
  remove_checkpoint_leftovers(folder_);
  EXPECT_THAT(names(), UnorderedElementsAre("epoch-00002-step-00000000.damaged", "mine.tmp"));
}

TEST_F(CheckpointFolderTest, StrangeFilesWithinACheckpointStay) {
  write_file_atomically(make(checkpoint_name({1, 0})) / "notes.txt", "good one");
  make(checkpoint_name({2, 0}));
  prune_checkpoints(folder_, 1, {2, 0});
  EXPECT_THAT(epochs(), ElementsAre(2));
  EXPECT_EQ(read_text_file(checkpoints_folder(folder_) / "epoch-00001-step-00000000.removed" /
                           "notes.txt"),
            "good one");
}

}  // namespace
}  // namespace stoker
