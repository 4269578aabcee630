// verify-dataset as users and CI call it: exit codes, what it says and where, the two reports.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "libdata/core/files.h"
#include "libdata/shard/shard_reader.h"
#include "tests/cli/command.h"
#include "tests/cli/small_dataset.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class VerifyDataset : public testing::CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    testing::write_small_dataset(folder_ / "d");
  }

  fs::path shard(uint32_t k) const { return folder_ / "d" / shard_file_name("train", k, 2); }

  // Flips a bit of the image of one sample; gives where the image starts.
  uint64_t damage_sample(uint32_t k, uint64_t sample) const {
    const uint64_t at = ShardReader(shard(k)).blob(sample, 0).offset_bytes;
    Bytes bytes = read_file(shard(k));
    bytes[at + 3] ^= 0x10;
    write_file_atomically(shard(k), bytes);
    return at;
  }
};

TEST_F(VerifyDataset, AWholeDataSetExitsWith0AtEveryLevel) {
  for (const char* level : {"", " --fast", " --deep"}) {
    const auto result = run(std::string("verify-dataset d") + level);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_THAT(result.out, HasSubstr("split train: 8 samples in 2 shards"));
    EXPECT_THAT(result.out, HasSubstr("whole: 0 faults, 0 warnings; 3 files"));
    EXPECT_THAT(result.err, IsEmpty());
  }
}

TEST_F(VerifyDataset, TheManifestItselfMayBeNamed) {
  EXPECT_EQ(run("verify-dataset d/dataset.json").exit_code, 0);
}

TEST_F(VerifyDataset, DamageExitsWith1AndEveryPlaceIsNamed) {
  const uint64_t first = damage_sample(0, 2);
  const uint64_t second = damage_sample(1, 3);
  const auto result = run("verify-dataset d");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAULT (record) train-00000-of-00002.stk: sample 2 'bird/0_2': "
                                    "field image: at byte " +
                                    std::to_string(first)));
  EXPECT_THAT(result.out, HasSubstr("FAULT (record) train-00001-of-00002.stk: sample 3 'bird/1_3': "
                                    "field image: at byte " +
                                    std::to_string(second)));
  EXPECT_THAT(result.out, HasSubstr("BAD: 4 faults"));  // and the two whole-file hashes
}

TEST_F(VerifyDataset, FastFindsDamageByTheHashOfTheShard) {
  damage_sample(1, 0);
  const auto result = run("verify-dataset d --fast");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAULT (content) train-00001-of-00002.stk"));
}

TEST_F(VerifyDataset, DeepFindsWhatOnlyDecodingTells) {
  testing::write_small_dataset(folder_ / "odd", true);
  EXPECT_EQ(run("verify-dataset odd").exit_code, 0);
  const auto result = run("verify-dataset odd --deep");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAULT (decode) train-00000-of-00002.stk: sample 0 'bird/0_0': "
                                    "field image"));
  EXPECT_THAT(result.out, HasSubstr("decodes to 6x4x3"));
  EXPECT_THAT(result.out, HasSubstr("BAD: 4 faults"));
}

TEST_F(VerifyDataset, AMissingShardIsBadData) {
  fs::remove(shard(1));
  const auto result = run("verify-dataset d");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAULT (missing) train-00001-of-00002.stk"));
}

TEST_F(VerifyDataset, AFolderWithoutManifestIsBadData) {
  fs::remove(folder_ / "d" / "dataset.json");
  const auto result = run("verify-dataset d");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("FAULT (manifest) dataset.json: is not there"));
}

TEST_F(VerifyDataset, AFolderThatIsNotThereExitsWith3) {
  const auto result = run("verify-dataset nowhere");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, StartsWith("verify-dataset: error: nowhere: "));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST_F(VerifyDataset, WrongUsageExitsWith2) {
  EXPECT_EQ(run("verify-dataset").exit_code, 2);
  EXPECT_EQ(run("verify-dataset d --no-such-flag").exit_code, 2);
  EXPECT_EQ(run("verify-dataset d --fast --deep").exit_code, 2);
  EXPECT_EQ(run("verify-dataset d --threads -1").exit_code, 2);
  EXPECT_THAT(run("verify-dataset d --no-such-flag").err, HasSubstr("no-such-flag"));
}

TEST_F(VerifyDataset, HelpAndVersionGoToStdout) {
  for (const char* program : {"verify-dataset", "inspect-dataset"}) {
    const auto help = run(std::string(program) + " --help");
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.out, HasSubstr(program));
    EXPECT_THAT(help.out, HasSubstr("--json"));
    EXPECT_THAT(help.err, IsEmpty());
    const auto version = run(std::string(program) + " --version");
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_THAT(version.out, StartsWith(program));
  }
}

TEST_F(VerifyDataset, JsonReportHasEachFaultWithItsPlace) {
  const uint64_t at = damage_sample(1, 3);
  EXPECT_EQ(run("verify-dataset d --json report.json").exit_code, 1);
  const auto report = nlohmann::json::parse(text_of(folder_ / "report.json"));
  EXPECT_EQ(report.at("whole"), false);
  EXPECT_EQ(report.at("level"), "default");
  EXPECT_EQ(report.at("samples"), 8);
  EXPECT_EQ(report.at("files").size(), 3u);
  const auto fault = report.at("faults").at(1);
  EXPECT_EQ(fault.at("kind"), "record");
  EXPECT_EQ(fault.at("file"), "train-00001-of-00002.stk");
  EXPECT_EQ(fault.at("split"), "train");
  EXPECT_EQ(fault.at("sample"), 3);
  EXPECT_EQ(fault.at("sample_id"), 7);
  EXPECT_EQ(fault.at("sample_name"), "bird/1_3");
  EXPECT_EQ(fault.at("field"), "image");
  EXPECT_EQ(fault.at("offset"), at);
}

TEST_F(VerifyDataset, JunitReportHasATestCaseAFileAndIsWellFormed) {
  damage_sample(0, 1);
  fs::rename(folder_ / "d", folder_ / "d <&\">");
  EXPECT_EQ(run("verify-dataset 'd <&\">' --junit report.xml").exit_code, 1);
  const std::string xml = text_of(folder_ / "report.xml");
  EXPECT_THAT(xml, HasSubstr("tests=\"3\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("name=\"verify-dataset d &lt;&amp;&quot;&gt;\""));
  EXPECT_THAT(xml, HasSubstr("name=\"dataset.json\""));
  EXPECT_THAT(xml, HasSubstr("sample 1 'bird/0_1'"));
  const auto parsed =
      run("/usr/bin/python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse(\"report.xml\")'");
  EXPECT_EQ(parsed.exit_code, 0) << parsed.err;
}

TEST_F(VerifyDataset, NoReportIsLeftHalfWritten) {
  const auto result = run("verify-dataset d --json no/such/folder.json");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("no/such/folder.json"));
}

}  // namespace
}  // namespace stoker
