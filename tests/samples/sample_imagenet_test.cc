#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "formats/image_source.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

fs::path make_sample(const std::string& name, const std::string& options) {
  const fs::path folder =
      fs::path(::testing::TempDir()) / (name + "." + std::to_string(::getpid()));
  fs::remove_all(folder);
  const std::string command = std::string(STOKER_BIN_DIR) +
                              "/make-sample-imagenet --quiet --output " + folder.string() + " " +
                              options + " > /dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0);
  return folder;
}

// The archives are written by libarchive and matio and read by our own readers.
TEST(SampleImagenetTest, ReadsBackWithTheLabelsItWasDrawnWith) {
  const fs::path folder =
      make_sample("sample_imagenet_test.labels",
                  "--classes 12 --train-per-class 3 --val-per-class 4 --side 16");
  const SourceListing train = list_image_source({folder / "ILSVRC2012_img_train.tar"}, {});
  const SourceListing val = list_image_source({folder / "ILSVRC2012_img_val.tar"},
                                              {folder / "ILSVRC2012_devkit_t12.tar.gz", false});
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
  fs::remove_all(folder);
}

TEST(SampleImagenetTest, SameSeedSameBytesAtAnyThreadCount) {
  const std::string options = "--classes 3 --train-per-class 4 --val-per-class 2 --side 20 ";
  const fs::path one = make_sample("sample_imagenet_test.one", options + "--threads 1");
  const fs::path many = make_sample("sample_imagenet_test.many", options + "--threads 7");
  const fs::path other = make_sample("sample_imagenet_test.other", options + "--seed 2");
  for (const fs::path& path : list_files(one)) {
    EXPECT_EQ(read_file(path), read_file(many / path.filename())) << path;
  }
  const char* const train = "ILSVRC2012_img_train.tar";
  EXPECT_NE(read_file(one / train), read_file(other / train));
  for (const fs::path& folder : {one, many, other})
    fs::remove_all(folder);
}

}  // namespace
}  // namespace stoker
