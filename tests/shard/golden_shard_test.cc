// Version 1 is read for ever: a data set that tests/golden/shard_v1/generate.py wrote from the
// specification alone. Expected values are those in that script.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <sstream>

#include "libdata/core/files.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/verification.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden/shard_v1";

TEST(GoldenShardV1, GivesTheValuesThatWereWritten) {
  const PackedDataset dataset(kFolder);
  const PackedSplit& split = dataset.split("train");
  ASSERT_EQ(split.sample_count(), 2u);
  EXPECT_EQ(dataset.manifest().fingerprint, 0x0123456789abcdefu);
  EXPECT_EQ(dataset.manifest().class_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(split.sample_name(0), "a/hello");
  EXPECT_EQ(split.sample_name(1), "b/zeros");
  EXPECT_EQ(as_text(split.blob(0, 0).bytes), "hello");
  const BlobView second = split.blob(1, 0);
  EXPECT_EQ(Bytes(second.bytes.begin(), second.bytes.end()), (Bytes{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(second.shape, (Extents{2, 3, 0, 0}));
  EXPECT_EQ(second.original_shape, (Extents{4, 6, 0, 0}));
  EXPECT_EQ(second.flags, kFlagReencoded | kFlagResized);
  EXPECT_EQ(second.codec, Codec::kRaw);
  EXPECT_EQ(split.inline_int(0, 1), 0);
  EXPECT_EQ(split.inline_int(1, 1), 1);
  const ShardMeta& meta = split.shards().at(0).meta();
  ASSERT_EQ(meta.skipped.size(), 1u);
  EXPECT_EQ(meta.skipped[0].name, "a/bad");
  EXPECT_EQ(meta.skipped[0].offset_bytes, 1536u);
}

TEST(GoldenShardV1, PassesVerification) {
  VerifyOptions options;
  options.quiet = true;
  const VerifyReport report = verify_dataset(kFolder, options);
  for (const Fault& fault : report.faults)
    ADD_FAILURE() << describe(fault);
  EXPECT_TRUE(report.warnings.empty());
}

// The writer gives the golden's bytes too: header, records, index and names are the same to the
// bit (JSON may be spelled in other ways).
TEST(GoldenShardV1, IsWhatTheWriterWrites) {
  const PackedDataset dataset(kFolder);
  const ShardReader& golden = dataset.split("train").shards().at(0);
  const TempFolder folder;
  const std::filesystem::path path = folder.path() / "golden_shard_v1.stk";
  ShardWriter writer(path, golden.header(), golden.schema());
  for (uint64_t i = 0; i < golden.sample_count(); ++i) {
    const BlobView blob = golden.blob(i, 0);
    std::array<FieldValue, 2> values;
    values[0] = {blob.bytes, blob.codec, blob.shape, blob.original_shape, blob.flags, 0};
    values[1].bytes = golden.inline_bytes(i, 1);
    writer.append(golden.name(i), values);
  }
  writer.finish(golden.meta());
  const Bytes written = read_file(path);
  const uint64_t json_at = golden.footer().json.offset_bytes;
  ASSERT_GT(written.size(), json_at);
  for (uint64_t i = 0; i < json_at; ++i)
    ASSERT_EQ(written[i], golden.file_bytes()[i]) << "byte " << i;
}

// The hex dump of the specification is this file. (Stars and dots stand for lines left out.)
TEST(GoldenShardV1, IsTheWorkedExampleOfTheSpecification) {
  const Bytes shard = read_file(kFolder / "train-00000-of-00001.stk");
  std::istringstream spec(
      read_text_file(std::filesystem::path(STOKER_SOURCE_DIR) / "libdata/shard/shard_format.md"));
  static const std::regex dump_line(R"(^([0-9a-f]{3})  ((?:[0-9a-f]{2} *){16}).*)");
  size_t lines = 0;
  std::smatch match;
  for (std::string line; std::getline(spec, line);) {
    if (!std::regex_match(line, match, dump_line)) continue;
    size_t at = std::stoul(match[1], nullptr, 16);
    std::istringstream bytes(match[2].str());
    for (std::string byte; bytes >> byte; ++at)
      ASSERT_EQ(std::stoul(byte, nullptr, 16), shard.at(at)) << line;
    ++lines;
  }
  EXPECT_EQ(lines, 27u);
}

}  // namespace
}  // namespace stoker
