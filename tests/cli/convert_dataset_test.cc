// convert-dataset as users call it: there and back, pieces of a data set, interruption, refusals.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>

#include "libdata/core/files.h"
#include "libdata/image/image_codec.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/cli/command.h"
#include "tests/cli/small_dataset.h"
#include "tests/sample_archives.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Of one sample, whatever shard it lies in: codec, shape, label and bytes.
struct StoredImage {
  Codec codec;
  Extents shape;
  std::string class_name;
  Bytes bytes;
  bool operator==(const StoredImage&) const = default;
};
using Contents = std::map<std::pair<std::string, std::string>, StoredImage>;  // by split and name

Contents contents_of(const fs::path& folder) {
  const PackedDataset dataset(folder);
  const size_t image = dataset.schema().require("image");
  const size_t label = dataset.schema().require("label");
  Contents contents;
  for (const PackedSplit& split : dataset.splits()) {
    for (const ShardReader& shard : split.shards()) {
      for (uint64_t i = 0; i < shard.sample_count(); ++i) {
        const BlobView blob = shard.blob(i, image);
        const auto index = static_cast<size_t>(shard.inline_int(i, label));
        contents[{split.name(), std::string(shard.name(i))}] = {
            blob.codec, blob.shape, dataset.manifest().class_names[index],
            Bytes(blob.bytes.begin(), blob.bytes.end())};
      }
    }
  }
  return contents;
}

class ConvertDataset : public testing::CommandTest {
 protected:
  // "packed": 120 images of ten classes in splits train, 40 in val.
  void pack_archives() const {
    const auto archives = testing::draw_archives(folder_ / "archives");
    for (const auto& [input, more] :
         {std::pair{archives.train, std::string()},
          std::pair{archives.val, " --devkit " + archives.devkit.string()}}) {
      const auto result = run("convert-dataset --quiet --to stk --shard-size 192KiB --output " +
                              input.stem().string() + " --input " + input.string() + more);
      ASSERT_EQ(result.exit_code, 0) << result.err;
    }
    const auto joined =
        run("convert-dataset --quiet --to stk --shard-size 192KiB --output packed "
            "--input ILSVRC2012_img_train ILSVRC2012_img_val");
    ASSERT_EQ(joined.exit_code, 0) << joined.err;
  }

  void put_image(const std::string& path, uint8_t gray, bool png = true) const {
    const fs::path file = folder_ / path;
    fs::create_directories(file.parent_path());
    const Image image{6, 5, 3, Bytes(6 * 5 * 3, gray)};
    const Bytes bytes = png ? encode_png(image) : encode_jpeg(image, {});
    write_file_atomically(file, bytes);
  }
};

TEST_F(ConvertDataset, ArchivesToFolderAndBackGiveEqualSamples) {
  pack_archives();
  const Contents packed = contents_of(folder_ / "packed");
  ASSERT_EQ(packed.size(), 160u);
  ASSERT_EQ(run("convert-dataset --quiet --input packed --to folder --output folder").exit_code, 0);
  const auto back = run("convert-dataset --quiet --input folder --to stk --output again");
  ASSERT_EQ(back.exit_code, 0) << back.err;
  // A folder says the class in front of every name; the flat validation archive does not.
  Contents expected;
  for (const auto& [place, image] : packed) {
    const bool flat = place.second.find('/') == std::string::npos;
    expected.emplace(std::pair(place.first, (flat ? image.class_name + "/" : "") + place.second),
                     image);
  }
  EXPECT_TRUE(contents_of(folder_ / "again") == expected);
  EXPECT_EQ(run("verify-dataset again").exit_code, 0);
}

TEST_F(ConvertDataset, PackImagenetReadsTheFolderOfASplit) {
  pack_archives();
  ASSERT_EQ(run("convert-dataset --quiet --input packed --to folder --output folder").exit_code, 0);
  const auto result = run("pack-imagenet --quiet --input folder/val --output val");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  Contents val = contents_of(folder_ / "val");
  const Contents packed = contents_of(folder_ / "packed");
  EXPECT_EQ(val.size(), 40u);
  for (const auto& [place, image] : val) {
    // The flat archive's names have no class in front; a class folder's have.
    const std::string base = place.second.substr(place.second.find('/') + 1);
    ASSERT_TRUE(packed.contains({"val", base})) << base;
    EXPECT_TRUE(packed.at({"val", base}) == image) << base;
  }
}

TEST_F(ConvertDataset, SameFilesOnAnyThreadsInPartsAndAfterKills) {
  pack_archives();
  const std::string command =
      "convert-dataset --quiet --input packed --to folder --shard-size 64KiB";
  for (const char* threads : {"1", "2", "5"}) {
    ASSERT_EQ(run(command + " --threads " + threads + " --output t" + threads).exit_code, 0);
  }
  for (const char* part : {"2", "3", "1"}) {
    EXPECT_FALSE(fs::exists(folder_ / "parts/stoker.json"));
    ASSERT_EQ(run(command + " --output parts --part " + part + "/3").exit_code, 0);
  }
  for (const char* delay : {"0.01", "0.02", "0.03", "0.05", "0.08"}) {
    run(std::string("timeout --signal=KILL ") + delay + " " + command +
        " --output killed --resume; true");
  }
  ASSERT_EQ(run(command + " --output killed --resume").exit_code, 0);
  const auto one = files_below("t1");
  EXPECT_EQ(one.size(), 160u + 2u);
  for (const char* other : {"t2", "t5", "parts", "killed"})
    EXPECT_TRUE(files_below(other) == one) << other;
}

TEST_F(ConvertDataset, ResumeWritesAgainWhatWasDamagedAlone) {
  pack_archives();
  const std::string command =
      "convert-dataset --quiet --input packed --to folder --shard-size 64KiB --output folder";
  ASSERT_EQ(run(command).exit_code, 0);
  const auto whole = files_below("folder");
  const std::string victim = whole.lower_bound("train/")->first;
  std::ofstream(folder_ / "folder" / victim, std::ios::app) << "x";
  const auto again = run(command + " --resume");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr(victim));
  EXPECT_THAT(again.out, HasSubstr("1 shard packed again"));
  EXPECT_TRUE(files_below("folder") == whole);
}

TEST_F(ConvertDataset, FolderOfOthersIsLeftAlone) {
  testing::write_small_dataset(folder_ / "packed");
  fs::create_directories(folder_ / "thesis");
  std::ofstream(folder_ / "thesis/chapter1.tex") << "text";
  for (const char* flag : {"", " --force", " --resume"}) {
    const auto result =
        run(std::string("convert-dataset --input packed --to folder --output thesis") + flag);
    EXPECT_EQ(result.exit_code, 2) << flag;
    EXPECT_THAT(result.err, HasSubstr("already holds files"));
  }
  EXPECT_EQ(files_below("thesis").size(), 1u);
}

TEST_F(ConvertDataset, SecondRunNeedsResumeOrForce) {
  testing::write_small_dataset(folder_ / "packed");
  const std::string command = "convert-dataset --quiet --input packed --to folder --output out";
  ASSERT_EQ(run(command).exit_code, 0);
  const auto first = files_below("out");
  const auto second = run(command);
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, AllOf(HasSubstr("--resume"), HasSubstr("--force")));
  ASSERT_EQ(run(command + " --resume").exit_code, 0);
  EXPECT_TRUE(files_below("out") == first);
  // Another selection: what it leaves out must go with the old data set.
  const auto fewer = run(command + " --force --filter \"class = '<red>'\"");
  ASSERT_EQ(fewer.exit_code, 0) << fewer.err;
  EXPECT_LT(files_below("out").size(), first.size());
}

TEST_F(ConvertDataset, ClassesKeepTheirNumbersThroughAFolder) {
  testing::write_small_dataset(folder_ / "packed", false, {"zebra", "ant"});
  ASSERT_EQ(run("convert-dataset --quiet --input packed --to folder --output out").exit_code, 0);
  ASSERT_EQ(run("convert-dataset --quiet --input out --to stk --output again").exit_code, 0);
  const PackedDataset before(folder_ / "packed");
  const PackedDataset after(folder_ / "again");
  EXPECT_EQ(after.manifest().class_names, before.manifest().class_names);
  EXPECT_EQ(after.manifest().class_names.front(), "zebra");
  const Contents contents = contents_of(folder_ / "again");
  EXPECT_EQ(contents.size(), 8u);
  // Sample i has gray 10 * i and class i % 2.
  for (const auto& [place, image] : contents) {
    const uint8_t gray = decode_image(image.bytes).pixels.front();
    EXPECT_EQ(image.class_name, gray / 10 % 2 == 0 ? "zebra" : "ant") << place.second;
  }
}

TEST_F(ConvertDataset, FilterAndSplitTakeThePartsThatAreAskedFor) {
  pack_archives();
  const Contents packed = contents_of(folder_ / "packed");
  const std::string wanted = packed.begin()->second.class_name;
  const auto result =
      run("convert-dataset --quiet --input packed --to stk --output some --split train "
          "--filter \"class = " +
          wanted + "\"");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  Contents expected;
  for (const auto& [place, image] : packed) {
    if (place.first == "train" && image.class_name == wanted) expected.emplace(place, image);
  }
  EXPECT_EQ(expected.size(), 12u);
  EXPECT_TRUE(contents_of(folder_ / "some") == expected);
}

TEST_F(ConvertDataset, PixelsBecomePngWhereOnlyFilesFit) {
  put_image("set/a/0.png", 7);
  put_image("set/b/1.jpg", 200, false);
  ASSERT_EQ(run("convert-dataset --quiet --input set --to stk --encode raw --output raw").exit_code,
            0);
  ASSERT_EQ(run("convert-dataset --quiet --input raw --to folder --output files").exit_code, 0);
  // "1.jpg" holds a PNG now, and says so.
  const Bytes png = read_file(folder_ / "files/train/b/1.jpg.png");
  const Image decoded = decode_image(png);
  EXPECT_EQ(decoded.pixels, decode_image(read_file(folder_ / "set/b/1.jpg")).pixels);
  EXPECT_TRUE(fs::exists(folder_ / "files/train/a/0.png"));
}

TEST_F(ConvertDataset, WhatDoesNotFitIsRefusedBeforeAnyWork) {
  testing::write_small_dataset(folder_ / "packed");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--to cloud", "expected one of"},
      {"", "expected --to"},
      {"--to folder --encode raw", "image files, no arrays"},
      {"--to folder --split test", "the source has train"},
      {"--to folder --filter \"class = cat\"", "no class 'cat'"},
      {"--to folder --filter \"size > 3\"", "at character 1"},
      {"--to folder --filter \"label < many\"", "expected a whole number"},
      {"--to folder --filter \"name = x\"", "no sample is left"},
      {"--to folder --drop moon", "moon"},
      {"--to folder --field image=x", "--field"},
      {"--to stk --from nifty", "expected one of"},
      {"--to folder --compression gzip", "--compression"},
  };
  for (const auto& [options, says] : cases) {
    const auto result = run("convert-dataset --input packed --output out " + options);
    EXPECT_EQ(result.exit_code, 2) << options << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(says)) << options;
    EXPECT_FALSE(fs::exists(folder_ / "out/stoker.json")) << options;
    EXPECT_FALSE(fs::exists(folder_ / "out/dataset.json")) << options;
  }
}

TEST_F(ConvertDataset, SetsThatDoNotGoTogetherAreNotJoined) {
  for (const char* name : {"packed", "other"}) {
    put_image(std::string("set/") + name + "/0.png", 7);
    ASSERT_EQ(
        run(std::string("convert-dataset --quiet --input set --to stk --output ") + name).exit_code,
        0);
  }
  const auto classes = run("convert-dataset --input packed other --to stk --output out");
  EXPECT_EQ(classes.exit_code, 2);
  EXPECT_THAT(classes.err, AllOf(HasSubstr("packed"), HasSubstr("other"), HasSubstr("classes")));
  const auto twice = run("convert-dataset --input packed packed --to stk --output out");
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_THAT(twice.err, HasSubstr("both hold"));
}

// A program that takes folders and tars says what it was given, and which command reads that.
TEST_F(ConvertDataset, PackersNameTheFormatThatTheyDoNotTake) {
  testing::write_small_dataset(folder_ / "packed");
  for (const char* program : {"pack-imagenet", "pack-volumes"}) {
    const auto result = run(std::string(program) + " --input packed --output out");
    EXPECT_EQ(result.exit_code == 0, false) << program;
    EXPECT_THAT(result.err, HasSubstr("it is a packed data set: convert-dataset --from stk"))
        << program;
  }
}

TEST_F(ConvertDataset, ADamagedSampleEndsTheRunOrIsLeftOutAndRecorded) {
  pack_archives();
  const auto shard = [&] {
    for (const auto& entry : fs::directory_iterator(folder_ / "packed")) {
      if (entry.path().extension() == ".stk") return entry.path();
    }
    return fs::path();
  }();
  std::fstream file(shard, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file.write("damage", 6);
  file.close();
  const auto stopped = run("convert-dataset --input packed --to folder --output out");
  EXPECT_EQ(stopped.exit_code, 1) << stopped.err;
  EXPECT_FALSE(fs::exists(folder_ / "out/stoker.json"));
  const auto skipped =
      run("convert-dataset --input packed --to folder --output out2 --on-error skip");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("1 sample skipped"));
  EXPECT_THAT(text_of(folder_ / "out2/stoker.json"), HasSubstr("\"skipped\""));
}

}  // namespace
}  // namespace stoker
