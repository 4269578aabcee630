// Where packers may write, what they say before they begin, and runs that go on after a correction.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "libdata/core/files.h"
#include "libdata/core/folder_lock.h"
#include "libdata/image/image_codec.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/cli/command.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PackPlaces : public testing::CommandTest {
 protected:
  // Two classes of twenty images each, of 8 x 8 pixels.
  void SetUp() override {
    CommandTest::SetUp();
    for (int i = 0; i < 40; ++i)
      put(name_of(i), static_cast<uint8_t>(6 * i));
  }

  static std::string name_of(int i) {
    return (i % 2 == 0 ? "cat/" : "dog/") + std::to_string(i) + ".png";
  }
  void put(const std::string& name, uint8_t gray) const {
    const fs::path path = folder_ / "tree" / name;
    fs::create_directories(path.parent_path());
    write_file_atomically(path, encode_png({8, 8, 3, Bytes(8 * 8 * 3, gray)}));
  }
  void put_text(const std::string& name, const std::string& text) const {
    write_file_atomically(folder_ / "tree" / name, text);
  }
  testing::CommandResult pack(const std::string& options) const {
    return run("pack-imagenet --input tree --shard-size 400B " + options);
  }
  std::map<std::string, std::string> shards(const std::string& output) const {
    std::map<std::string, std::string> files;
    for (const fs::path& path : list_files(folder_ / output))
      if (path.extension() == ".stk") files[path.filename()] = text_of(path);
    return files;
  }
};

TEST_F(PackPlaces, OutputInsideTheInputIsRefusedAtOnce) {
  fs::create_directory_symlink(folder_ / "tree", folder_ / "link");
  for (const char* output :
       {"tree", "tree/", "tree/packed", "tree/cat/x/y", "link/packed", "./x/../tree", "."}) {
    const auto result = pack(std::string("--output ") + output);
    EXPECT_EQ(result.exit_code, 2) << output << result.err;
    EXPECT_THAT(result.err, HasSubstr("output folder")) << output;
    EXPECT_EQ(pack(std::string("--dry-run --output ") + output).exit_code, 2) << output;
  }
  EXPECT_FALSE(fs::exists(folder_ / "tree/packed"));
  EXPECT_FALSE(fs::exists(folder_ / "dataset.json"));
  EXPECT_EQ(pack("--output tree2").exit_code, 0) << "a name that only begins the same";
}

TEST_F(PackPlaces, OutputsAreTriedBeforeWorkBegins) {
  for (const char* json : {"none/report.json", "tree"}) {
    const auto result = pack(std::string("--output x --json ") + json);
    EXPECT_NE(result.exit_code, 0) << json;
    EXPECT_THAT(result.err, HasSubstr(json));
    EXPECT_FALSE(fs::exists(folder_ / "x")) << "nothing was begun";
  }
  EXPECT_EQ(pack("--output ''").exit_code, 2);
  EXPECT_EQ(pack("--output tree/cat/0.png/x").exit_code, 2);
  EXPECT_EQ(pack("--output x --json /dev/null").exit_code, 0);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(PackPlaces, FolderInUseNamesItsHolder) {
  fs::create_directories(folder_ / "x");
  const FolderLock lock(folder_ / "x", "another-packer");
  const auto result = pack("--output x");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("another-packer (process " + std::to_string(::getpid())));
}

TEST_F(PackPlaces, WarningsNeverGetIntoAShard) {
  put_text("cat/bad.png", "no image");
  ASSERT_EQ(pack("--output open --on-error skip").exit_code, 0);
  ASSERT_EQ(run("pack-imagenet --input tree --shard-size 400B --output closed --on-error skip "
                "2>&- >&- <&-")
                .exit_code,
            0);
  EXPECT_TRUE(shards("open") == shards("closed"));
  EXPECT_EQ(run("verify-dataset closed").exit_code, 0);
}

TEST_F(PackPlaces, CorrectedImageIsPackedAgainAndSaid) {
  put_text("dog/7.png", "cut short");
  ASSERT_EQ(pack("--output x --on-error skip").exit_code, 0);
  {
    const PackedDataset dataset(folder_ / "x");
    ASSERT_EQ(dataset.manifest().skipped.size(), 1u);
    EXPECT_EQ(dataset.manifest().skipped[0].file, "dog/7.png");
  }
  const auto before = shards("x");
  ASSERT_GE(before.size(), 4u);
  put("dog/7.png", 42);
  const auto result = pack("--output x --resume --on-error skip");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("1 shard packed again"));
  EXPECT_THAT(result.err, HasSubstr("dog/7.png"));
  size_t changed = 0;
  for (const auto& [name, bytes] : shards("x"))
    changed += before.at(name) == bytes ? 0 : 1;
  EXPECT_EQ(changed, 1u);
  EXPECT_EQ(PackedDataset(folder_ / "x").split("").sample_count(), 40u);
  EXPECT_EQ(run("verify-dataset x").exit_code, 0);
}

TEST_F(PackPlaces, LosingEverySampleIsNoSuccess) {
  for (int i = 0; i < 40; ++i)
    put_text(name_of(i), "no image");
  const auto result = pack("--output x --on-error skip");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no sample is left"));
  EXPECT_FALSE(fs::exists(folder_ / "x/dataset.json"));
}

TEST_F(PackPlaces, ClassThatEndsEmptyIsNamed) {
  for (int i = 0; i < 40; i += 2)
    put_text(name_of(i), "no image");
  const auto result = pack("--output x --on-error skip");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("1 of 2 classes has no sample: cat"));
}

TEST_F(PackPlaces, MergeDryRunLeavesThePartsAndMergingTwiceIsTheSame) {
  ASSERT_EQ(pack("--output whole").exit_code, 0);
  for (const char* part : {"1/2", "2/2"})
    ASSERT_EQ(pack(std::string("--output x --part ") + part).exit_code, 0);
  const auto dry = run("pack-imagenet --merge --dry-run --output x");
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("Nothing was written"));
  EXPECT_FALSE(fs::exists(folder_ / "x/dataset.json"));
  for (int round = 0; round < 2; ++round) {
    const auto merged = run("pack-imagenet --merge --output x");
    EXPECT_EQ(merged.exit_code, 0) << merged.err;
    EXPECT_EQ(text_of(folder_ / "x/dataset.json"), text_of(folder_ / "whole/dataset.json"));
  }
}

TEST_F(PackPlaces, ReportOfNamesThatAreNoTextIsWritten) {
  const auto result = pack("--json report.json --output \"$(printf 'out\\377put')\"");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto report = nlohmann::json::parse(text_of(folder_ / "report.json"));
  EXPECT_EQ(report.at("samples"), 40);
}

TEST_F(PackPlaces, DataSetWithoutASampleIsNotWhole) {
  Manifest manifest;
  manifest.tool = "test";
  Field field;
  field.name = "image";
  field.axes = "HWC";
  manifest.schema.fields = {field};
  fs::create_directories(folder_ / "empty");
  write_manifest(folder_ / "empty" / kManifestName, manifest);
  const auto result = run("verify-dataset empty");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("no sample"));
  EXPECT_NE(run("verify-dataset empty --json none/report.json").exit_code, 0);
}

}  // namespace
}  // namespace stoker
