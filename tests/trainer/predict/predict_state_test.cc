#include "trainer/predict/predict_state.h"

#include <gtest/gtest.h>

#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

const MaskOrigin kOrigin{"network", "options", "source"};

class PredictStates : public FolderTest {
 protected:
  // A state that knows of one mask, read anew from disk.
  PredictState saved() const {
    write_file_atomically(folder_ / kFile, std::string_view("voxels"));
    PredictState state(folder_);
    state.record({kOrigin, hash_file(folder_ / kFile), "picture", kReport});
    state.save();
    return PredictState(folder_);
  }

  // Why the mask is not kept; empty where it is.
  std::string reason(const PredictState& state, const MaskOrigin& origin) const {
    std::string why;
    return state.find_whole(kFile, kReport.name, origin, why) ? "" : why;
  }

  const std::string kFile = "a\xff.tif";
  const VolumeReport kReport{"a\xff", kFile, 7, true, SegmentationScores{0.1, 0.2, 0.3}};
};

TEST_F(PredictStates, AMaskThatIsWholeIsKeptWithItsReport) {
  std::string why;
  const auto record = saved().find_whole(kFile, kReport.name, kOrigin, why);
  ASSERT_TRUE(record) << why;
  EXPECT_EQ(record->panel, "picture");
  EXPECT_EQ(report_line(record->report), report_line(kReport));
  EXPECT_EQ(record->report.scores->dice, 0.1);
}

TEST_F(PredictStates, SaysWhatIsDifferent) {
  const PredictState state = saved();
  EXPECT_EQ(reason(state, {"other", "options", "source"}), "made by other weights");
  EXPECT_EQ(reason(state, {"network", "other", "source"}), "made with other options");
  EXPECT_EQ(reason(state, {"network", "options", "other"}), "its volume has changed");
  write_file_atomically(folder_ / kFile, std::string_view("Voxels"));
  EXPECT_EQ(reason(state, kOrigin), "changed or damaged since");
  std::filesystem::remove(folder_ / kFile);
  EXPECT_EQ(reason(state, kOrigin), "gone");
}

TEST_F(PredictStates, AMaskThatIsNotRecordedIsNotKept) {
  write_file_atomically(folder_ / kFile, std::string_view("voxels"));
  EXPECT_NE(reason(PredictState(folder_), kOrigin), "");
  PredictState state = saved();
  state.forget(kFile);
  EXPECT_NE(reason(state, kOrigin), "");
}

TEST_F(PredictStates, ADamagedStateKeepsNothing) {
  saved();
  const std::string whole = read_text_file(folder_ / "predict_state.json");
  for (const std::string& text :
       {std::string(), std::string("[]"), whole.substr(0, whole.size() / 2),
        std::string("{\"version\": 1, \"masks\": {\"a\\\\xff.tif\": 3}}")}) {
    write_file_atomically(folder_ / "predict_state.json", text);
    EXPECT_NE(reason(PredictState(folder_), kOrigin), "") << text;
  }
}

}  // namespace
}  // namespace stoker
