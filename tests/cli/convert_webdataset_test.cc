// convert-dataset to and from WebDataset as users call it.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/cli/shard_format_fixture.h"
#include "tests/formats/tar_builder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::stored_set;

class ConvertWebDataset : public testing::ShardFormatTest {};

TEST_F(ConvertWebDataset, ClassificationSetsComeBackEqual) {
  pack_archives();
  expect_success(
      "convert-dataset --quiet --input packed --to webdataset --shard-size 256KiB --output w");
  EXPECT_TRUE(fs::exists(folder_ / "w/train-000001.tar"));
  EXPECT_TRUE(fs::exists(folder_ / "w/val-000000.tar"));
  expect_success("convert-dataset --quiet --input w --to stk --output back");
  EXPECT_TRUE(stored_set(folder_ / "back") == stored_set(folder_ / "packed"));
  expect_success("verify-dataset back");
}

TEST_F(ConvertWebDataset, FieldsOfEveryKindComeBackEqual) {
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to webdataset --output w");
  const auto files = run("tar tf w/test-000000.tar | head -9");
  EXPECT_EQ(files.out,
            "Set A/image_0.caption.txt\nSet A/image_0.cls\nSet A/image_0.counts.npy\n"
            "Set A/image_0.embedding.npy\nSet A/image_0.flags.npy\nSet A/image_0.half.npy\n"
            "Set A/image_0.mask.png\nSet A/image_0.number.npy\nSet A/image_0.payload\n");
  expect_success("convert-dataset --quiet --input w --to stk --output back");
  EXPECT_TRUE(stored_set(folder_ / "back") == stored_set(folder_ / "rich"));
}

TEST_F(ConvertWebDataset, MembersAreReadOnlyFilesOfNobody) {
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to webdataset --output w");
  const auto listed = run("TZ=UTC tar tvf w/test-000000.tar --numeric-owner | head -1");
  EXPECT_THAT(listed.out, AllOf(HasSubstr("-r--r--r-- 0/0"), HasSubstr("1970-01-01 00:00")));
}

TEST_F(ConvertWebDataset, SameFilesOnAnyThreadsInPartsAndAfterKills) {
  expect_same_files_however_made("webdataset");
}

// The library itself, where Python has it.
TEST_F(ConvertWebDataset, TheLibraryReadsWhatWeWrite) {
  const std::string python = python_with("webdataset, numpy, PIL");
  if (python.empty()) GTEST_SKIP() << "no Python with webdataset here";
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to webdataset --output w");
  write_file_atomically(folder_ / "read.py", std::string_view(R"(
import webdataset as wds
for s in wds.WebDataset("w/test-000000.tar", shardshuffle=False).decode("rgb8"):
    print(s["__key__"], s["cls"], s["png"].shape, int(s["png"][0, 0, 0]), s["caption.txt"],
          s["embedding.npy"].shape, float(s["embedding.npy"][0, 0]), s["counts.npy"].tolist(),
          s["half.npy"].tolist(), s["flags.npy"].tolist(), s["number.npy"].item(), len(s["payload"]))
)"));
  const auto result = run(python + " read.py | tail -1");
  EXPECT_EQ(result.out,
            "Set A/image_4 0 (6, 4, 3) 200 image number 4, grün (5, 2) -1.5 "
            "[60004, 60004, 60004, 60004, 60004] [1.0, -2.0, 2.384185791015625e-07] "
            "[[1, 2], [255, 4]] 1099511627772 104\n")
      << result.err;
}

TEST_F(ConvertWebDataset, BraceListsAndCompressedShardsAreSources) {
  pack_archives();
  expect_success(
      "convert-dataset --quiet --input packed --split train --to webdataset "
      "--shard-size 256KiB --output w");
  const std::string last = fs::exists(folder_ / "w/train-000002.tar") ? "000002" : "000001";
  expect_success("convert-dataset --quiet --input 'w/train-{000000.." + last +
                 "}.tar' --to stk --output plain");
  const auto plain = stored_set(folder_ / "plain");
  EXPECT_LT(plain.samples.size(), 121u);
  expect_success(
      "mkdir z; for i in w/train-*.tar; do gzip -c $i > z/${i#w/}.gz; done; "
      "rm z/*[3-9].tar.gz; cp w/*.json z; rm z/stoker.json; true");
  expect_success("convert-dataset --quiet --threads 4 --input z --to stk --output unzipped");
  const auto unzipped = stored_set(folder_ / "unzipped");
  // Keys are names where nothing says otherwise; bytes and labels are the same.
  ASSERT_EQ(unzipped.samples.size(), plain.samples.size());
  for (const auto& [place, sample] : plain.samples) {
    const std::string key = place.second.substr(0, place.second.rfind('.'));
    ASSERT_TRUE(unzipped.samples.contains({"train", key})) << key;
    EXPECT_EQ(unzipped.samples.at({"train", key}).at("image").bytes, sample.at("image").bytes);
    EXPECT_EQ(unzipped.samples.at({"train", key}).at("label").bytes, sample.at("label").bytes);
  }
  EXPECT_EQ(unzipped.class_names, plain.class_names);
}

TEST_F(ConvertWebDataset, TwoSamplesOfOneKeyAreRefused) {
  for (const char* name : {"set/a/0.png", "set/a/0.jpg"}) {
    fs::create_directories(folder_ / "set/a");
    write_file_atomically(folder_ / name, encode_png({4, 4, 3, Bytes(48, 9)}));
  }
  const auto result = run("convert-dataset --quiet --input set --to webdataset --output w");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("a/0.png"), HasSubstr("a/0.jpg"), HasSubstr("key 'a/0'")));
  EXPECT_FALSE(fs::exists(folder_ / "w/train-000000.tar"));
}

TEST_F(ConvertWebDataset, ABadSampleIsLeftOutAndRecorded) {
  const testing::TarFiles files{
      {"0.cls", "1"},
      {"0.png", std::string(as_text(encode_png({4, 4, 3, Bytes(48, 9)})))},
      {"1.cls", "2"},
      {"1.png", "no image"}};
  write_file_atomically(folder_ / "x.tar", testing::tar_of(files));
  const auto stopped = run("convert-dataset --quiet --input x.tar --to stk --output out");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, HasSubstr("x.tar"));
  const auto skipped =
      run("convert-dataset --quiet --input x.tar --to stk --output out2 --on-error skip");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("1 sample skipped"));
}

TEST_F(ConvertWebDataset, CompressionIsRefused) {
  write_rich_set();
  const auto result =
      run("convert-dataset --input rich --to webdataset --compression gzip:3 --output w");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("plain tars"));
}

}  // namespace
}  // namespace stoker
