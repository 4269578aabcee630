// pack-imagenet on the sources that people have: the same tree in several forms, flags that say
// where classes stand, many archives. The test writes the images itself.
#include <gmock/gmock.h>

#include <map>

#include "libdata/image/image_codec.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/cli/command.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class PackSources : public testing::CommandTest {
 protected:
  // A PNG of 4 x 4 pixels, every one as gray as `gray`.
  void put(const std::string& name, uint8_t gray) {
    const Bytes png = encode_png({4, 4, 3, Bytes(4 * 4 * 3, gray)});
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << as_text(png);
  }
  std::map<std::string, std::string> shards(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder_ / name)) {
      if (entry.path().extension() == ".stk") {
        files[entry.path().filename().string()] = text_of(entry.path());
      }
    }
    return files;
  }
};

TEST_F(PackSources, AFolderItsTarsAndItsClassTarsGiveTheSameShards) {
  for (int i = 0; i < 12; ++i) {
    put("tree/" + std::string(i % 3 == 0 ? "a-b" : "a") + "/" + std::to_string(i * 7 % 12) + ".png",
        static_cast<uint8_t>(10 * i));
    put("tree/dog/deep/" + std::to_string(i) + ".png", static_cast<uint8_t>(5 + 10 * i));
  }
  ASSERT_EQ(
      run("mkdir tars; cd tree && for c in *; do tar cf ../tars/$c.tar $c; done; cd .. && "
          "tar cf nested.tar -C tars dog.tar a.tar a-b.tar && "
          "(cd tree && find . -type f | sort -r) > names && tar cf plain.tar -C tree -T names")
          .exit_code,
      0);
  for (const char* input : {"tree", "tars", "nested.tar", "plain.tar"}) {
    const auto result = run("pack-imagenet --shard-size 1KiB --input " + std::string(input) +
                            " --output out_" + input);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  const auto expected = shards("out_tree");
  EXPECT_GT(expected.size(), 1u);
  EXPECT_TRUE(shards("out_tars") == expected);
  EXPECT_TRUE(shards("out_nested.tar") == expected);
  EXPECT_TRUE(shards("out_plain.tar") == expected);
}

TEST_F(PackSources, TenNotesAreShownThenACount) {
  put("tree/cat/0.png", 1);
  put("tree/dog/0.png", 2);
  ASSERT_EQ(run("for i in $(seq -w 15); do echo x > tree/cat/$i.txt; done").exit_code, 0);
  const auto result = run("pack-imagenet --input tree --output out");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("cat/10.txt: not an image file"),
                                Not(HasSubstr("cat/11.txt")), HasSubstr("and 5 more notes")));
}

TEST_F(PackSources, ATableSaysTheClasses) {
  put("flat/a.png", 1);
  put("flat/b.png", 2);
  EXPECT_EQ(run("pack-imagenet --input flat --output none").exit_code, 2);
  ASSERT_EQ(run("printf 'image,label\\na,10\\nb,9\\n' > labels.csv").exit_code, 0);
  const auto result = run("pack-imagenet --input flat --class-from labels.csv --output out");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const PackedDataset dataset(folder_ / "out");
  EXPECT_THAT(dataset.manifest().class_names, ElementsAre("9", "10"));
  EXPECT_EQ(dataset.split("").sample_count(), 2u);
}

TEST_F(PackSources, FlatImagenetNeedsNoDevkit) {
  put("val.d/ILSVRC2012_val_00000001_n01443537.JPEG", 1);
  put("val.d/ILSVRC2012_val_00000002_n01440764.JPEG", 2);
  const auto result =
      run("tar cf val.tar -C val.d . && pack-imagenet --input val.tar --output out");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("WordNet ids in the file names"));
  const PackedDataset dataset(folder_ / "out");
  EXPECT_THAT(dataset.manifest().class_names, ElementsAre("n01440764", "n01443537"));
  const PackedSplit& split = dataset.split("val");
  for (uint64_t i = 0; i < 2; ++i) {
    const bool first = split.sample_name(i) == "ILSVRC2012_val_00000001_n01443537.JPEG";
    EXPECT_EQ(split.inline_int(i, 1), first ? 1 : 0);
  }
}

TEST_F(PackSources, SplitNamesFitForFileNamesAreTaken) {
  put("tree/cat/0.png", 1);
  put("tree/dog/0.png", 2);
  for (const char* bad : {"a/b", "..", "''", "'a b'", "-x"}) {
    EXPECT_EQ(run("pack-imagenet --input tree --output no --split=" + std::string(bad)).exit_code,
              2)
        << bad;
  }
  EXPECT_FALSE(fs::exists(folder_ / "no"));
  EXPECT_EQ(run("pack-imagenet --input tree --output out --split my_val-2").exit_code, 0);
}

TEST_F(PackSources, MoreClassTarsThanDescriptorsArePacked) {
  put("0.png", 7);
  ASSERT_EQ(run("mkdir tars && for i in $(seq -w 200); do cp 0.png $i.png; done && "
                "for i in $(seq -w 200); do echo tars/c$i.tar; done | "
                "xargs -n 1 -I{} tar cf {} 001.png 002.png")
                .exit_code,
            0);
  const auto result = run("ulimit -n 100; pack-imagenet --input tars --output out --threads 2");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("200 classes"));
  EXPECT_EQ(PackedDataset(folder_ / "out").split("").sample_count(), 400u);
}

}  // namespace
}  // namespace stoker
