#include "formats/shard_inputs.h"

#include <gtest/gtest.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

TEST(ShardInputs, SplitsStandInNames) {
  EXPECT_EQ(split_of_shard_name("train-000000.tar"), "train");
  EXPECT_EQ(split_of_shard_name("imagenet-train-000012.tar"), "train");
  EXPECT_EQ(split_of_shard_name("validation-00000-of-00128"), "val");
  EXPECT_EQ(split_of_shard_name("mnist-test.tfrecord-00000-of-00001"), "test");
  EXPECT_EQ(split_of_shard_name("cc3m_val_0001.tar"), "val");
  EXPECT_EQ(split_of_shard_name("00000.tar"), "");
  EXPECT_EQ(split_of_shard_name("trainers-0001.tar"), "");
  EXPECT_EQ(split_of_shard_name("train-to-test-0001.tar"), "");
}

TEST(ShardInputs, FilesOfOneNameAreToldApartByTheirFolders) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_that_differ({"/a/x.tar", "/b/y.tar"}), (Names{"x.tar", "y.tar"}));
  EXPECT_EQ(names_that_differ({"/a/x.tar", "/b/x.tar", "/b/y.tar"}),
            (Names{"a/x.tar", "b/x.tar", "b/y.tar"}));
  EXPECT_EQ(names_that_differ({"/a/s/x.tar", "/b/s/x.tar"}), (Names{"a/s/x.tar", "b/s/x.tar"}));
}

TEST(ShardInputs, RepeatedNamesAreLengthenedInTheirSplitAlone) {
  std::vector<PlannedItem> items(4);
  const char* names[] = {"0", "1", "0", "0"};
  for (size_t i = 0; i < 4; ++i) {
    items[i].name = names[i];
    items[i].split = i == 3 ? 1 : 0;
  }
  std::vector<SampleNote> notes;
  make_names_unique(
      items, {"train", "val"}, [&](uint64_t i) { return "s" + std::to_string(i) + "/" + names[i]; },
      notes);
  EXPECT_EQ(items[0].name, "s0/0");
  EXPECT_EQ(items[1].name, "s1/1");
  EXPECT_EQ(items[2].name, "s2/0");
  EXPECT_EQ(items[3].name, "0");
  ASSERT_EQ(notes.size(), 1u);
}

TEST(ShardInputs, TwinsThatStayTwinsAreRefused) {
  std::vector<PlannedItem> items(2);
  std::vector<SampleNote> notes;
  const auto same = [](uint64_t) { return std::string("same"); };
  EXPECT_THROW(make_names_unique(items, {"train"}, same, notes), Error);
}

}  // namespace
}  // namespace stoker
