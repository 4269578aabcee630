// Whole shards in the wrong place, and what else only the data set as a whole can show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/shard/shard_damage_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MisplacedShards : public ShardDamage {};

TEST_F(MisplacedShards, SwappedShardsAreReported) {
  const Bytes second = read_file(path(1));
  store(path(1), bytes_);
  store(path(0), second);
  EXPECT_THAT(faults(VerifyLevel::kFast),
              HasSubstr("foreign: train-00000-of-00002.stk: at byte 32: is shard 1 of 2"));
  list_shards();  // also where the manifest was written over the swapped files
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("is shard 1 of 2 by its header"));
}

TEST_F(MisplacedShards, AShardOfAnotherPlanIsReportedAndRefused) {
  write_shard(1, kFingerprint + 1);
  list_shards();
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("foreign: train-00001-of-00002.stk"));
  EXPECT_THROW(PackedDataset dataset(folder_), Error);
}

TEST_F(MisplacedShards, AMissingShardIsReported) {
  fs::remove(path(1));
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("missing: train-00001-of-00002.stk"));
}

TEST_F(MisplacedShards, AShardListedTwiceIsReported) {
  manifest_.splits[0].shards[1] = manifest_.splits[0].shards[0];
  write_manifest(folder_ / kManifestName, manifest_);
  const std::string found = faults(VerifyLevel::kFast);
  EXPECT_THAT(found, HasSubstr("twice"));
  EXPECT_THAT(found, HasSubstr("unlisted: train-00001-of-00002.stk"));
}

TEST_F(MisplacedShards, ASampleCountOtherThanListedIsReported) {
  manifest_.splits[0].shards[1].sample_count = 6;
  write_manifest(folder_ / kManifestName, manifest_);
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("holds 5 samples, the manifest says 6"));
}

TEST_F(MisplacedShards, AnUnlistedShardOfThisDataSetIsAFaultAndAStrangerAWarning) {
  fs::copy_file(path(1), folder_ / "train-00002-of-00003.stk");
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("unlisted: train-00002-of-00003.stk"));
  fs::remove(folder_ / "train-00002-of-00003.stk");
  store(folder_ / "other.stk", Bytes(10, 1));
  const VerifyReport report = verify(VerifyLevel::kFast);
  EXPECT_TRUE(report.whole());
  EXPECT_THAT(lines(report.warnings), HasSubstr("other.stk"));
}

TEST_F(MisplacedShards, LeftOversAreWarnings) {
  store(folder_ / "train-00000-of-00002.stk.tmp", Bytes(10, 1));
  store(folder_ / "part-00001-of-00002.json", Bytes(10, 1));
  const VerifyReport report = verify(VerifyLevel::kFast);
  EXPECT_TRUE(report.whole());
  EXPECT_EQ(report.warnings.size(), 2u);
}

TEST_F(MisplacedShards, ShardsWithoutManifestAreUnfinishedAndStillChecked) {
  fs::remove(folder_ / kManifestName);
  flip_bit(footer_.index.offset_bytes, 0);
  const std::string found = faults(VerifyLevel::kFast);
  EXPECT_THAT(found, HasSubstr("manifest: dataset.json: is not there"));
  EXPECT_THAT(found, HasSubstr("structure: train-00000-of-00002.stk"));
}

TEST_F(MisplacedShards, NotesThatDifferFromTheShardsAreReported) {
  manifest_.skipped.pop_back();
  write_manifest(folder_ / kManifestName, manifest_);
  EXPECT_THAT(faults(), HasSubstr("notes: "));
}

TEST_F(MisplacedShards, AClassWithoutSamplesIsAWarning) {
  for (uint64_t i = 0; i < kSamples; ++i) {
    const uint64_t at = footer_.index.offset_bytes + columns_.fields[kLabelColumn].values + 4 * i;
    write_wrongly<int32_t>(at, 0);
    bytes_ = read_file(shard_);
  }
  store(path(1), bytes_);
  const VerifyReport report = verify();
  EXPECT_THAT(lines(report.warnings), HasSubstr("2 of 3 classes have no sample: heron, stork"));
}

TEST_F(MisplacedShards, DeepVerificationListsWhatTheDecoderSays) {
  VerifyOptions options;
  options.level = VerifyLevel::kDeep;
  options.quiet = true;
  options.check_blob = [](const Field& field, const BlobView& blob) -> std::vector<Error> {
    if (field.name != "image" || blob.shape[0] != 3) return {};
    return {Error(ErrorCode::kCorrupt, "one", "", 5), Error(ErrorCode::kCorrupt, "two", "", 9)};
  };
  const VerifyReport report = verify_dataset(folder_, options);
  ASSERT_EQ(report.faults.size(), 4u);  // sample 2 of both shards
  const uint64_t blob_at = ShardReader(shard_).blob(2, kImageColumn).offset_bytes;
  EXPECT_EQ(report.faults[0].kind, FaultKind::kDecode);
  EXPECT_EQ(report.faults[0].offset_bytes, blob_at + 5);
  EXPECT_EQ(report.faults[1].offset_bytes, blob_at + 9);
  EXPECT_EQ(report.faults[2].sample_id, kSamples + 2);
}

TEST_F(MisplacedShards, AFolderThatIsNotThereIsNoVerdictOnData) {
  try {
    verify_dataset(folder_ / "nothing", {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace stoker
