#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "formats/image_source.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

void make_sample(const fs::path& folder, const std::string& options) {
  const std::string command = std::string(STOKER_BIN_DIR) +
                              "/make-sample-imagenet --quiet --output " + folder.string() + " " +
                              options + " > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
}

// The archives are written by libarchive and matio and read by our own readers.
TEST(SampleImagenetTest, ReadsBackWithTheLabelsItWasDrawnWith) {
  const TempFolder temp;
  const fs::path& folder = temp.path();
  make_sample(folder, "--classes 12 --train-per-class 3 --val-per-class 4 --side 16");
  const SourceListing train = list_image_source({folder / "ILSVRC2012_img_train.tar"}, {});
  const SourceListing val =
      list_image_source({folder / "ILSVRC2012_img_val.tar"},
                        {folder / "ILSVRC2012_devkit_t12.tar.gz", false, {}, {}});
  EXPECT_EQ(train.class_names.size(), 12u);
  EXPECT_EQ(train.class_names, val.class_names);
  EXPECT_EQ(train.items.size(), 36u);
  std::istringstream expected(read_text_file(folder / "expected_val_labels.tsv"));
  std::string name;
  std::string wnid;
  size_t count = 0;
  for (int label; expected >> name >> wnid >> label; ++count) {
    ASSERT_LT(count, val.items.size());
    EXPECT_EQ(val.items[count].name, name);
    EXPECT_EQ(val.items[count].label, label);
    EXPECT_EQ(val.class_names[static_cast<size_t>(label)], wnid);
  }
  EXPECT_EQ(count, 48u);
}

TEST(SampleImagenetTest, SameSeedSameBytesAtAnyThreadCount) {
  const std::string options = "--classes 3 --train-per-class 4 --val-per-class 2 --side 20 ";
  const TempFolder one, many, other;
  make_sample(one.path(), options + "--threads 1");
  make_sample(many.path(), options + "--threads 7");
  make_sample(other.path(), options + "--seed 2");
  const std::vector<fs::path> files = list_files(one.path());
  EXPECT_EQ(files.size(), 4u);
  for (const fs::path& path : files) {
    EXPECT_EQ(read_file(path), read_file(many.path() / path.filename())) << path;
  }
  const char* const train = "ILSVRC2012_img_train.tar";
  EXPECT_NE(read_file(one.path() / train), read_file(other.path() / train));
}

}  // namespace
}  // namespace stoker
