// convert-dataset to and from Parquet and Arrow as users call it.
#include <gmock/gmock.h>

#include "formats/arrow/arrow_engine.h"
#include "libdata/core/error.h"
#include "tests/cli/shard_format_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::stored_set;

const std::string kGolden = std::string(STOKER_SOURCE_DIR) + "/tests/golden/parquet/";

class ConvertParquet : public testing::ShardFormatTest {
 protected:
  void SetUp() override {
    try {
      arrow_engine();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

using ConvertWithoutArrow = testing::CommandTest;

TEST_F(ConvertWithoutArrow, SaysWhatWouldEnableIt) {
  if (has_arrow_engine()) GTEST_SKIP() << "this build has Arrow";
  const auto read = run("convert-dataset --input " + kGolden + "hub --to stk --output p");
  const auto written =
      run("convert-dataset --input " + kGolden + "../shard_v1 --from stk --to parquet --output p");
  for (const auto& result : {read, written}) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, AllOf(HasSubstr("pip install pyarrow"), HasSubstr("STOKER_ARROW")));
  }
  EXPECT_FALSE(fs::exists(folder_ / "p"));
}

TEST_F(ConvertParquet, AHubFolderIsPacked) {
  for (const char* threads : {"1", "4"}) {
    expect_success("convert-dataset --quiet --threads " + std::string(threads) + " --input " +
                   kGolden + "hub --to stk --output p" + threads);
    expect_success("verify-dataset p" + std::string(threads));
  }
  const auto set = stored_set(folder_ / "p1");
  EXPECT_TRUE(set == stored_set(folder_ / "p4"));
  EXPECT_THAT(set.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(set.splits, ElementsAre("test", "train", "val"));
  EXPECT_EQ(set.samples.at({"train", "img_1.png"}).at("image").bytes,
            text_of(kGolden + "paths/images/1.png"));
}

TEST_F(ConvertParquet, ASavedDatasetIsPacked) {
  expect_success("convert-dataset --quiet --input " + kGolden + "saved --to stk --output p");
  const auto set = stored_set(folder_ / "p");
  EXPECT_THAT(set.splits, ElementsAre("train", "val"));
  EXPECT_EQ(set.samples.size(), 5u);
}

TEST_F(ConvertParquet, ANullEndsTheRunOrIsLeftOut) {
  const std::string command =
      "convert-dataset --quiet --input " + kGolden + "nulls/text.parquet --to stk --output p";
  const auto stopped = run(command);
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("row 2"), HasSubstr("'text' has no value")));
  expect_success(command + " --force --on-error skip");
  EXPECT_EQ(stored_set(folder_ / "p").samples.size(), 2u);
}

TEST_F(ConvertParquet, AShardThatIsNotThereEndsTheRunOrIsNoted) {
  fs::copy(kGolden + "hub", folder_ / "hub", fs::copy_options::recursive);
  fs::remove(folder_ / "hub/data/train-00001-of-00002.parquet");
  const std::string command = "convert-dataset --input hub --to stk --output p";
  const auto stopped = run(command);
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, HasSubstr("hub/data/train-00001-of-00002.parquet: is missing"));
  const auto skipped = run(command + " --force --on-error skip");
  EXPECT_EQ(skipped.exit_code, 0);
  EXPECT_THAT(skipped.err, HasSubstr("train-00001-of-00002.parquet: is missing"));
  EXPECT_EQ(stored_set(folder_ / "p").samples.size(), 4u);
  // Of what we wrote, stoker.json knows also a split that is gone whole.
  expect_success("convert-dataset --quiet --input p --to parquet --output t");
  fs::remove(folder_ / "t/data/validation-00000-of-00001.parquet");
  const auto own = run("convert-dataset --quiet --input t --to stk --output q");
  EXPECT_EQ(own.exit_code, 1);
  EXPECT_THAT(own.err, AllOf(HasSubstr("t/data/validation-00000-of-00001.parquet: is missing"),
                             HasSubstr("stoker.json names it")));
}

TEST_F(ConvertParquet, ConfigurationsAreAQuestion) {
  const auto result =
      run("convert-dataset --quiet --input " + kGolden + "configs --to stk --output p");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("2 configurations, 'en', 'fr'"));
}

TEST_F(ConvertParquet, ClassificationSetsComeBackEqual) {
  pack_archives();
  expect_success(
      "convert-dataset --quiet --input packed --to parquet --shard-size 256KiB --output t");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_ / "t/data"))
    names.push_back(entry.path().filename().string());
  EXPECT_THAT(names, Contains(StartsWith("train-00001-of-0000")));
  EXPECT_THAT(names, Contains(StartsWith("validation-00000-of-0000")));
  expect_comes_back("t");
}

TEST_F(ConvertParquet, FieldsOfEveryKindComeBackEqual) {
  write_rich_set();
  for (const char* codec : {"none", "snappy", "zstd:3", "gzip"}) {
    expect_success(std::string("rm -rf t back; convert-dataset --quiet --input rich --to parquet") +
                   " --output t --compression " + codec);
    expect_success("convert-dataset --quiet --input t --to stk --output back");
    EXPECT_TRUE(stored_set(folder_ / "back") == stored_set(folder_ / "rich")) << codec;
  }
  EXPECT_THAT(run("convert-dataset --input rich --to parquet --output x --compression lzma").err,
              HasSubstr("zstd:1..22"));
}

TEST_F(ConvertParquet, SameFilesOnAnyThreadsInPartsAndAfterKills) {
  expect_same_files_however_made("parquet");
}

// Pages have checksums: what is flipped in one is the error of its rows, never another value.
TEST_F(ConvertParquet, FlippedPagesAreErrors) {
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to parquet --output t");
  const auto rich = stored_set(folder_ / "rich");
  const fs::path file = folder_ / "t/data/test-00000-of-00001.parquet";
  const std::string whole = text_of(file);
  for (size_t place = 60; place < 1000; place += 90) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 4);
    std::ofstream(file, std::ios::binary) << damaged;
    const auto result = run("convert-dataset --quiet --input t --to stk --force --output back");
    EXPECT_TRUE(result.exit_code != 0 || stored_set(folder_ / "back").samples == rich.samples)
        << place;
  }
}

constexpr const char* kLoader = R"(
import hashlib, sys
from datasets import load_dataset, Image
sets = load_dataset(sys.argv[1])
for split in sorted(sets):
    rows = sets[split]
    print(split, len(rows))
    for name, feature in rows.features.items(): print(' ', name, feature)
    for name, feature in rows.features.items():
        if isinstance(feature, Image): rows = rows.cast_column(name, Image(decode=False))
    for row in rows:
        print({k: (v['path'], hashlib.md5(v['bytes']).hexdigest()) if isinstance(v, dict) else v
               for k, v in row.items()})
)";

TEST_F(ConvertParquet, DatasetsLoadsWhatWeWrite) {
  const std::string python = python_with("datasets, pyarrow");
  if (python.empty()) GTEST_SKIP() << "no Python with datasets here";
  write_file_atomically(folder_ / "load.py", std::string_view(kLoader));
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to parquet --output t");
  const std::string load = "HF_HOME=hf HF_HUB_OFFLINE=1 " + python + " load.py ";
  const auto result = run(load + "t");
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("test 5\n"), HasSubstr("image Image("), HasSubstr("mask Image("),
            HasSubstr("label ClassLabel(names=['zebra', 'ant'])"),
            HasSubstr("caption Value('string')"), HasSubstr("payload Value('binary')"),
            HasSubstr("embedding List(List(Value('float32')))"),
            HasSubstr("flags Array2D(shape=(2, 2), dtype='uint8')"),
            HasSubstr("'image': ('Set A/image.4.JPEG', '"), HasSubstr("'label': 0"),
            HasSubstr("'caption': 'image number 4, grün'"),
            HasSubstr("'embedding': [[-1.5, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]"),
            HasSubstr("'counts': [60004, 60004, 60004, 60004, 60004]"),
            HasSubstr("'half': [1.0, -2.0, "), HasSubstr("'flags': [[1, 2], [255, 4]]"),
            HasSubstr("'number': 1099511627772")))
      << result.err;
  // What came from the Hub goes back as it was.
  expect_success("convert-dataset --quiet --input " + kGolden + "hub --to parquet --output h");
  const auto ours = run(load + "h");
  EXPECT_EQ(ours.out, run(load + kGolden + "hub").out);
  EXPECT_THAT(ours.out, HasSubstr("validation 1\n")) << ours.err;
}

}  // namespace
}  // namespace stoker
