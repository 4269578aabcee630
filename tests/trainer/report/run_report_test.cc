#include "trainer/report/run_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/files.h"
#include "tests/temp_folder.h"
#include "tests/trainer/report/judged.h"

namespace stoker {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class RunReportTest : public FolderTest {
 protected:
  void append(RunReport& report, const LogLine& line) const {
    MetricsFile file(folder_ / "metrics.jsonl", ~uint64_t{0} >> 1);
    file.append(line);
    report.note(line);
  }
  std::string text(const char* name) const { return read_text_file(folder_ / name); }
  const ReportFacts facts_{"resnet18", "img", 0.0, 2};
};

TEST_F(RunReportTest, WritesItsFilesFromTheLog) {
  RunReport report(folder_, facts_, 0);
  append(report, {{"event", "start"}, {"--lr", "0.1"}});
  append(report, {{"event", "step"}, {"step", uint64_t{5}}, {"train_loss", 2.0}});
  append(report, {{"event", "epoch"},
                  {"epoch", uint64_t{1}},
                  {"step", uint64_t{9}},
                  {"train_loss", 1.5},
                  {"val_top1", 0.5}});
  const EvaluationSums sums = judged();
  report.note(evaluation_of(sums, {"cat", "dog"}, 1));
  report.write();
  EXPECT_EQ(text(kEpochsFile), "epoch,step,train_loss,val_top1\n1,9,1.5,0.5\n");
  EXPECT_THAT(text(kReportFile), HasSubstr("1 of 2 epochs"));
  EXPECT_THAT(text(kEvaluationFile), HasSubstr("\"confusion\":[[3,1],[0,2]]"));
  const std::vector<fs::path> events = list_files(folder_ / kEventFolder);
  ASSERT_EQ(events.size(), 1u);
  const std::string recorded = read_text_file(events[0]);
  for (const char* tag : {"train/loss", "epoch/train_loss", "val/top1"})
    EXPECT_THAT(recorded, HasSubstr(tag));
}

TEST_F(RunReportTest, ResumedRunKeepsTheLastEvaluation) {
  {
    RunReport killed(folder_, facts_, 0);
    append(killed, {{"event", "epoch"}, {"epoch", uint64_t{1}}, {"step", uint64_t{9}}});
    const EvaluationSums sums = judged();
    killed.note(evaluation_of(sums, {"cat", "dog"}, 1));
    killed.write();
  }
  RunReport resumed(folder_, facts_, 9);
  resumed.write();
  EXPECT_THAT(text(kReportFile), HasSubstr("Confusion, epoch 1"));
  EXPECT_EQ(list_files(folder_ / kEventFolder).size(), 2u);
}

TEST_F(RunReportTest, WhatCannotBeWrittenDoesNotEndTheRun) {
  write_file_atomically(folder_ / kEventFolder, std::string_view("in the way"));
  RunReport report(folder_, facts_, 0);
  append(report, {{"event", "epoch"}, {"epoch", uint64_t{1}}, {"step", uint64_t{9}}});
  fs::create_directory(folder_ / kReportFile);
  report.write();
  EXPECT_EQ(text(kEpochsFile), "epoch,step\n1,9\n");
}

TEST_F(RunReportTest, RemovesItsOwnFilesOnly) {
  RunReport report(folder_, facts_, 0);
  append(report, {{"event", "epoch"}, {"epoch", uint64_t{1}}, {"step", uint64_t{9}}});
  report.write();
  write_file_atomically(folder_ / kEventFolder / "notes.txt", std::string_view("mine"));
  RunReport::remove_from(folder_);
  EXPECT_FALSE(fs::exists(folder_ / kReportFile));
  EXPECT_EQ(list_files(folder_ / kEventFolder).size(), 1u);
}

}  // namespace
}  // namespace stoker
