// Archives of ILSVRC2012 for tests: drawn anew by make-sample-imagenet, and besides the real sample
// data, where it lies beside the project. Tests that take both say no more than what is true of
// both.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace stoker::testing {

// Of the project's machines, not of the project; what it points to need not be there.
inline std::filesystem::path real_archives() {
  return std::filesystem::path(STOKER_SOURCE_DIR) / "../shared/data/imagenet";
}

struct SampleArchives {
  explicit SampleArchives(const std::filesystem::path& folder)
      : train(folder / "ILSVRC2012_img_train.tar"),
        val(folder / "ILSVRC2012_img_val.tar"),
        devkit(folder / "ILSVRC2012_devkit_t12.tar.gz"),
        val_labels(folder / "expected_val_labels.tsv") {}

  std::filesystem::path train;
  std::filesystem::path val;
  std::filesystem::path devkit;
  std::filesystem::path val_labels;  // NAME, WNID, INDEX; not from the devkit's reader
};

// 120 training and 40 validation images of 10 classes, 96 pixels along the shorter side.
inline SampleArchives draw_archives(const std::filesystem::path& folder) {
  const std::string command = std::string(STOKER_BIN_DIR) +
                              "/make-sample-imagenet --quiet --classes 10 --train-per-class 12 "
                              "--val-per-class 4 --side 96 --output '" +
                              folder.string() + "' > /dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return SampleArchives(folder);
}

}  // namespace stoker::testing
