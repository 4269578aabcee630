// One fault a test: whatever is damaged, verification finds it and names the place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "libdata/core/files.h"
#include "libdata/core/random.h"
#include "libdata/shard/index_columns.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/shard_writer.h"
#include "libdata/shard/verification.h"
#include "tests/shard/shard_sealing.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uint64_t kFingerprint = 0x1122334455667788u;
constexpr size_t kImageColumn = 0;
constexpr size_t kMaskColumn = 1;
constexpr size_t kLabelColumn = 2;
constexpr uint64_t kSamples = 5;

// A data set of two shards, and a vocabulary of damage.
class ShardDamage : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              (std::string("shard_damage.") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    manifest_.tool = "test";
    manifest_.tool_version = "1";
    manifest_.fingerprint = kFingerprint;
    manifest_.schema = schema();
    manifest_.class_names = {"crane", "heron", "stork"};
    manifest_.splits = {{"train", {}}};
    for (uint32_t k = 0; k < 2; ++k)
      manifest_.splits[0].shards.push_back(write_shard(k, kFingerprint));
    list_shards();
    shard_ = path(0);
    bytes_ = read_file(shard_);
    const ShardReader reader(shard_);
    footer_ = reader.footer();
    footer_at_ = bytes_.size() - kFooterBytes;
    columns_ = layout_index(schema(), kSamples);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Schema schema() {
    Field image;
    image.name = "image";
    image.axes = "HW";
    Field mask;
    mask.name = "mask";
    mask.axes = "N";
    mask.dtype = DType::kUInt16;
    Field label;
    label.name = "label";
    label.storage = Storage::kInline;
    label.dtype = DType::kInt32;
    Schema schema;
    schema.fields = {image, mask, label};
    return schema;
  }

  // Sample i of shard k: an image of (i + 1) x 7 bytes, a mask of i elements, label i % 3.
  ShardSummary write_shard(uint32_t k, uint64_t fingerprint) const {
    ShardHeader header;
    header.fingerprint = fingerprint;
    header.shard_index = k;
    header.shard_count = 2;
    ShardWriter writer(path(k), header, schema());
    for (uint32_t i = 0; i < kSamples; ++i) {
      const Bytes image((i + 1) * 7, static_cast<uint8_t>(16 * k + i + 1));
      const Bytes mask(2 * i, 0xab);
      const auto label = static_cast<int32_t>(i % 3);
      std::array<FieldValue, 3> values;
      values[kImageColumn].bytes = image;
      values[kImageColumn].shape = values[kImageColumn].original_shape = {i + 1, 7, 0, 0};
      values[kMaskColumn].bytes = mask;
      values[kMaskColumn].shape = values[kMaskColumn].original_shape = {i, 0, 0, 0};
      values[kLabelColumn].bytes = {reinterpret_cast<const uint8_t*>(&label), 4};
      writer.append("bird/" + std::to_string(k) + "_" + std::to_string(i), values);
    }
    ShardMeta meta;
    meta.split = "train";
    meta.class_names = {"crane", "heron", "stork"};
    meta.skipped = {{"bird/bad_" + std::to_string(k), "why", "x.tar", 512}};
    return writer.finish(meta);
  }

  fs::path path(uint32_t k) const { return folder_ / shard_file_name("train", k, 2); }

  // Writes the manifest anew over the shards as they are.
  void list_shards() {
    manifest_.skipped.clear();
    for (uint32_t k = 0; k < 2; ++k) {
      const Bytes bytes = read_file(path(k));
      ShardSummary& shard = manifest_.splits[0].shards[k];
      shard.size_bytes = bytes.size();
      shard.hash = xxh3_128(bytes);
      manifest_.skipped.push_back({"bird/bad_" + std::to_string(k), "why", "x.tar", 512});
    }
    write_manifest(folder_ / kManifestName, manifest_);
  }

  void store(const fs::path& to, const Bytes& bytes) const {
    std::ofstream(to, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }

  void flip_bit(uint64_t offset, unsigned bit) const {
    Bytes damaged = bytes_;
    damaged[offset] = static_cast<uint8_t>(damaged[offset] ^ (1u << bit));
    store(shard_, damaged);
  }

  // Puts `value` at `offset` as a writer gone wrong would: all hashes are right, the manifest too.
  template <typename T>
  void write_wrongly(uint64_t offset, T value) {
    Bytes damaged = bytes_;
    store_le(&damaged[offset], value);
    testing::seal_shard(damaged);
    store(shard_, damaged);
    list_shards();
  }

  VerifyReport verify(VerifyLevel level = VerifyLevel::kDefault) const {
    VerifyOptions options;
    options.level = level;
    options.quiet = true;
    return verify_dataset(folder_, options);
  }

  // What verification says in the default level, as "kind: description" lines.
  std::string faults(VerifyLevel level = VerifyLevel::kDefault) const {
    return lines(verify(level).faults);
  }
  static std::string lines(const std::vector<Fault>& faults) {
    std::string text;
    for (const Fault& fault : faults)
      text += std::string(fault_kind_name(fault.kind)) + ": " + describe(fault) + "\n";
    return text;
  }

  // The error of opening the shard.
  Error refusal() const {
    try {
      const ShardReader reader(shard_);
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorCode::kInternal, "was not refused");
  }

  // The fault that must be found when a bit of this byte flips.
  struct Expected {
    FaultKind kind;
    uint64_t offset;  // exact
    std::optional<uint64_t> sample;
    std::string field;
  };
  Expected expected_at(uint64_t offset) const {
    const ShardReader reader(Bytes(bytes_), "shard");
    for (uint64_t i = 0; i < kSamples; ++i) {
      for (const size_t f : {kImageColumn, kMaskColumn}) {
        const BlobView blob = reader.blob(i, f);
        if (offset >= blob.offset_bytes && offset < blob.offset_bytes + blob.bytes.size()) {
          return {FaultKind::kRecord, blob.offset_bytes, i, schema().fields[f].name};
        }
      }
    }
    const auto inside = [&](const ShardSection& section) {
      return offset >= section.offset_bytes && offset < section.offset_bytes + section.size_bytes;
    };
    if (inside(footer_.index)) return {FaultKind::kStructure, footer_.index.offset_bytes, {}, ""};
    if (inside(footer_.names)) return {FaultKind::kNames, footer_.names.offset_bytes, {}, ""};
    if (inside(footer_.json)) return {FaultKind::kStructure, footer_.json.offset_bytes, {}, ""};
    return {FaultKind::kPadding, offset, {}, ""};
  }

  fs::path folder_;
  fs::path shard_;  // the first one: the one that is damaged
  Manifest manifest_;
  Bytes bytes_;  // of that shard, undamaged
  ShardFooter footer_;
  uint64_t footer_at_ = 0;
  IndexColumns columns_;
};

TEST_F(ShardDamage, NothingIsFoundWhereNothingIsWrong) {
  for (const auto level : {VerifyLevel::kFast, VerifyLevel::kDefault, VerifyLevel::kDeep}) {
    const VerifyReport report = verify(level);
    EXPECT_EQ(lines(report.faults), "");
    EXPECT_EQ(lines(report.warnings), "");
    EXPECT_EQ(report.files.size(), 3u);
  }
}

TEST_F(ShardDamage, AFlippedBitInAnyByteBetweenHeaderAndFooterIsFoundAndPlaced) {
  for (uint64_t offset = kHeaderBytes; offset < footer_at_; ++offset) {
    const auto bit = RandomStream(1, 0, offset).next_u32() % 8;
    flip_bit(offset, bit);
    const VerifyReport report = verify();
    const Expected expected = expected_at(offset);
    const bool found = std::any_of(report.faults.begin(), report.faults.end(), [&](const Fault& f) {
      return f.kind == expected.kind && f.offset_bytes == expected.offset &&
             f.sample == expected.sample && f.field == expected.field &&
             f.file == shard_.filename();
    });
    ASSERT_TRUE(found) << "byte " << offset << " bit " << bit << ":\n" << lines(report.faults);
    // The hash of the whole file tells as well, at every level.
    ASSERT_EQ(report.faults.front().kind, FaultKind::kContent);
  }
}

TEST_F(ShardDamage, EveryBitOfHeaderAndFooterIsGuarded) {
  std::vector<uint64_t> offsets;
  for (uint64_t i = 0; i < kHeaderBytes; ++i)
    offsets.push_back(i);
  for (uint64_t i = footer_at_; i < bytes_.size(); ++i)
    offsets.push_back(i);
  for (const uint64_t offset : offsets) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      flip_bit(offset, bit);
      const VerifyReport report = verify(VerifyLevel::kFast);
      const bool in_header = offset < kHeaderBytes;
      const bool found =
          std::any_of(report.faults.begin(), report.faults.end(), [&](const Fault& fault) {
            return fault.kind == FaultKind::kStructure && fault.file == shard_.filename() &&
                   fault.offset_bytes && (*fault.offset_bytes < kHeaderBytes) == in_header &&
                   (in_header || *fault.offset_bytes >= footer_at_);
          });
      ASSERT_TRUE(found) << "byte " << offset << " bit " << bit << ":\n" << lines(report.faults);
    }
  }
}

TEST_F(ShardDamage, AFlippedBitInAnyByteOfTheManifestIsFound) {
  const Bytes manifest = read_file(folder_ / kManifestName);
  for (uint64_t offset = 0; offset < manifest.size(); ++offset) {
    Bytes damaged = manifest;
    damaged[offset] =
        static_cast<uint8_t>(damaged[offset] ^ (1u << (RandomStream(2, 0, offset).next_u32() % 8)));
    store(folder_ / kManifestName, damaged);
    const VerifyReport report = verify(VerifyLevel::kFast);
    ASSERT_EQ(report.faults.size(), 1u) << "byte " << offset << "\n" << lines(report.faults);
    ASSERT_EQ(report.faults[0].kind, FaultKind::kManifest);
  }
}

TEST_F(ShardDamage, AShardCutAtAnyLengthIsRefusedAndReported) {
  for (size_t size = 0; size < bytes_.size(); ++size) {
    const Bytes cut(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(ShardReader(cut, "cut"), Error) << size;
  }
  for (const size_t size : {size_t{0}, size_t{1}, size_t{63}, size_t{64}, bytes_.size() / 2,
                            bytes_.size() - kFooterBytes, bytes_.size() - 1}) {
    store(shard_, Bytes(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("size: ")) << size;
    EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("structure: ")) << size;
  }
}

TEST_F(ShardDamage, BytesAfterTheEndAreRefusedAndReported) {
  for (const size_t extra : {1, 64, 128}) {
    Bytes longer = bytes_;
    longer.resize(longer.size() + extra);
    EXPECT_THROW(ShardReader(longer, "longer"), Error);
    store(shard_, longer);
    EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("size: "));
  }
}

TEST_F(ShardDamage, EveryFaultIsListedNotOnlyTheFirst) {
  const ShardReader reader(Bytes(bytes_), "shard");
  Bytes damaged = bytes_;
  damaged[reader.blob(1, kImageColumn).offset_bytes] ^= 1;
  damaged[reader.blob(3, kMaskColumn).offset_bytes] ^= 1;
  damaged[footer_.json.offset_bytes + footer_.json.size_bytes] ^= 1;  // padding
  store(shard_, damaged);
  fs::remove(path(1));
  const std::string found = faults();
  EXPECT_THAT(found,
              HasSubstr("record: train-00000-of-00002.stk: sample 1 'bird/0_1': field image"));
  EXPECT_THAT(found,
              HasSubstr("record: train-00000-of-00002.stk: sample 3 'bird/0_3': field mask"));
  EXPECT_THAT(found, HasSubstr("padding: train-00000-of-00002.stk: at byte "));
  EXPECT_THAT(found, HasSubstr("missing: train-00001-of-00002.stk"));
}

TEST_F(ShardDamage, DamagedHeaderAndFooterAreBothListed) {
  Bytes damaged = bytes_;
  damaged[24] ^= 1;
  damaged[footer_at_ + 72] ^= 1;
  store(shard_, damaged);
  const std::string found = faults();
  EXPECT_THAT(found, HasSubstr("shard header does not match its hash"));
  EXPECT_THAT(found, HasSubstr("shard footer does not match its hash"));
  EXPECT_THAT(found, HasSubstr("records were not checked"));
}

TEST_F(ShardDamage, ADamagedShardDoesNotHideDamageInTheNext) {
  store(shard_, Bytes(100, 7));
  Bytes second = read_file(path(1));
  second[ShardReader(path(1)).blob(2, kImageColumn).offset_bytes] ^= 4;
  store(path(1), second);
  EXPECT_THAT(faults(), HasSubstr("record: train-00001-of-00002.stk: sample 2 'bird/1_2'"));
}

// What hashes cannot tell, because the writer itself was wrong.

TEST_F(ShardDamage, AnUnknownVersionIsUnsupportedAndSaysSo) {
  for (const uint64_t at : {uint64_t{8}, footer_at_ + 96}) {
    write_wrongly<uint32_t>(at, 2);
    EXPECT_EQ(refusal().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(refusal().message(), HasSubstr("version 2"));
    EXPECT_EQ(refusal().offset_bytes(), at);
    EXPECT_THAT(faults(), HasSubstr("version 2"));
  }
}

TEST_F(ShardDamage, EveryReservedBitIsRefused) {
  std::vector<uint64_t> offsets;
  for (uint64_t i = 0; i < 8; ++i) {
    offsets.push_back(16 + i);                // header flags
    offsets.push_back(48 + i);                // header
    offsets.push_back(footer_at_ + 104 + i);  // footer
    if (i < 4) offsets.push_back(footer_at_ + 100 + i);
  }
  for (const uint64_t offset : offsets) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      write_wrongly<uint8_t>(offset, static_cast<uint8_t>(1u << bit));
      ASSERT_EQ(refusal().code(), ErrorCode::kCorrupt) << "byte " << offset << " bit " << bit;
      ASSERT_THAT(refusal().message(), HasSubstr("reserved")) << "byte " << offset;
    }
  }
}

TEST_F(ShardDamage, AnAlignmentOutsideTheRulesIsRefused) {
  for (const uint64_t alignment : {0, 1, 32, 96, 131072}) {
    write_wrongly<uint64_t>(40, alignment);
    EXPECT_THAT(refusal().message(), HasSubstr("alignment")) << alignment;
  }
}

TEST_F(ShardDamage, SectionsOutOfPlaceAreRefused) {
  for (const uint64_t section : {0, 24, 48}) {
    for (const uint64_t change : {uint64_t{64}, uint64_t{1}, ~uint64_t{0}, uint64_t{1} << 63}) {
      for (const uint64_t member : {0, 8}) {
        const uint64_t at = footer_at_ + section + member;
        write_wrongly<uint64_t>(at, load_le<uint64_t>(&bytes_[at]) + change);
        EXPECT_FALSE(verify().whole()) << at << " + " << change;
        // A names section that is a byte off still opens: names are checked on request.
        if (section == 24 && member == 8 && change + 1 <= 2) continue;
        EXPECT_EQ(refusal().code(), ErrorCode::kCorrupt) << at << " + " << change;
      }
    }
  }
}

TEST_F(ShardDamage, ASampleCountThatTheSectionsCannotHoldIsRefused) {
  for (const uint64_t count : {uint64_t{4}, uint64_t{6}, uint64_t{1} << 40, ~uint64_t{0}}) {
    write_wrongly<uint64_t>(footer_at_ + 72, count);
    EXPECT_FALSE(verify().whole()) << count;
    // 4 to 6 samples take equal room in the aligned columns; the names tell.
    if (count <= 8) continue;
    EXPECT_EQ(refusal().code(), ErrorCode::kCorrupt) << count;
  }
}

TEST_F(ShardDamage, ReservedSampleFlagsAreRefusedForThatSample) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kImageColumn].flags;
  write_wrongly<uint16_t>(at + 2 * 3, 0x80);
  const ShardReader reader(shard_);
  EXPECT_NO_THROW(reader.blob(2, kImageColumn));
  EXPECT_THROW(reader.blob(3, kImageColumn), Error);
  EXPECT_THAT(faults(), HasSubstr("index: train-00000-of-00002.stk: sample 3 'bird/0_3': field "
                                  "image"));
}

TEST_F(ShardDamage, AnUnknownCodecIsRefusedForThatSample) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kMaskColumn].codecs;
  write_wrongly<uint8_t>(at + 4, 99);
  EXPECT_THROW(ShardReader(shard_).blob(4, kMaskColumn), Error);
  EXPECT_THAT(faults(), HasSubstr("sample 4 'bird/0_4': field mask"));
}

TEST_F(ShardDamage, ABlobOutsideTheRecordsIsRefused) {
  const FieldColumns& image = columns_.fields[kImageColumn];
  const uint64_t index_at = footer_.index.offset_bytes;
  for (const uint64_t offset :
       {uint64_t{0}, uint64_t{65}, index_at + 64, ~uint64_t{0}, ~uint64_t{63}}) {
    write_wrongly<uint64_t>(index_at + image.offsets + 8 * 2, offset);
    EXPECT_THROW(ShardReader(shard_).blob(2, kImageColumn), Error) << offset;
    EXPECT_THAT(faults(), HasSubstr("index: train-00000-of-00002.stk: sample 2")) << offset;
  }
  for (const uint64_t length : {index_at, ~uint64_t{0}}) {
    write_wrongly<uint64_t>(index_at + image.lengths + 8 * 2, length);
    EXPECT_THROW(ShardReader(shard_).blob(2, kImageColumn), Error) << length;
  }
}

TEST_F(ShardDamage, BlobsThatOverlapOrLeaveHolesAreReported) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kImageColumn].offsets + 8 * 2;
  const auto offset = load_le<uint64_t>(&bytes_[at]);
  for (const uint64_t wrong : {offset - 64, offset + 64}) {
    write_wrongly<uint64_t>(at, wrong);
    EXPECT_THAT(faults(), HasSubstr("index: train-00000-of-00002.stk: sample 2 'bird/0_2': field "
                                    "image"))
        << wrong;
  }
}

TEST_F(ShardDamage, RawBytesThatDoNotMatchTheirShapeAreReported) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kImageColumn].shapes + 8 * 2;
  for (const uint32_t height : {0u, 2u, 0xffffffffu}) {
    write_wrongly<uint32_t>(at, height);
    EXPECT_THAT(faults(), HasSubstr("sample 2 'bird/0_2': field image")) << height;
  }
}

TEST_F(ShardDamage, ALabelOutsideTheClassListIsReportedAtItsByte) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kLabelColumn].values + 4 * 1;
  write_wrongly<int32_t>(at, 3);
  EXPECT_THAT(faults(), HasSubstr("label: train-00000-of-00002.stk: sample 1 'bird/0_1': field "
                                  "label: at byte " +
                                  std::to_string(at)));
  write_wrongly<int32_t>(at, -2);
  EXPECT_THAT(faults(), HasSubstr("found -2"));
}

TEST_F(ShardDamage, PaddingInsideTheIndexIsGuarded) {
  ASSERT_FALSE(columns_.gaps.empty());
  const uint64_t at = footer_.index.offset_bytes + columns_.gaps.front().begin;
  write_wrongly<uint8_t>(at, 1);
  EXPECT_THAT(faults(),
              HasSubstr("padding: train-00000-of-00002.stk: at byte " + std::to_string(at)));
}

TEST_F(ShardDamage, NamesOutOfOrderAreReportedAndHarmNoReader) {
  const uint64_t at = footer_.names.offset_bytes + 8 * 2;
  for (const uint64_t end : {uint64_t{0}, ~uint64_t{0}, uint64_t{1} << 63}) {
    write_wrongly<uint64_t>(at, end);
    EXPECT_THAT(faults(), HasSubstr("names: "));
    const ShardReader reader(shard_);
    for (uint64_t i = 0; i < kSamples; ++i)
      EXPECT_LE(reader.name(i).size(), footer_.names.size_bytes);
  }
}

TEST_F(ShardDamage, TwoSamplesOfOneNameAreReported) {
  const uint64_t text_at = footer_.names.offset_bytes + 8 * (kSamples + 1);
  ASSERT_EQ(bytes_[text_at + 7], '0');       // "bird/0_0": 8 bytes a name
  write_wrongly<uint8_t>(text_at + 7, '1');  // sample 0 takes the name of sample 1
  EXPECT_THAT(faults(), HasSubstr("names: train-00000-of-00002.stk: sample 1 'bird/0_1'"));
}

// Whole shards in the wrong place.

TEST_F(ShardDamage, SwappedShardsAreReported) {
  const Bytes second = read_file(path(1));
  store(path(1), bytes_);
  store(path(0), second);
  EXPECT_THAT(faults(VerifyLevel::kFast),
              HasSubstr("foreign: train-00000-of-00002.stk: at byte 32: is shard 1 of 2"));
  list_shards();  // also where the manifest was written over the swapped files
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("is shard 1 of 2 by its header"));
}

TEST_F(ShardDamage, AShardOfAnotherPlanIsReportedAndRefused) {
  write_shard(1, kFingerprint + 1);
  list_shards();
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("foreign: train-00001-of-00002.stk"));
  EXPECT_THROW(PackedDataset dataset(folder_), Error);
}

TEST_F(ShardDamage, AMissingShardIsReported) {
  fs::remove(path(1));
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("missing: train-00001-of-00002.stk"));
}

TEST_F(ShardDamage, AShardListedTwiceIsReported) {
  manifest_.splits[0].shards[1] = manifest_.splits[0].shards[0];
  write_manifest(folder_ / kManifestName, manifest_);
  const std::string found = faults(VerifyLevel::kFast);
  EXPECT_THAT(found, HasSubstr("twice"));
  EXPECT_THAT(found, HasSubstr("unlisted: train-00001-of-00002.stk"));
}

TEST_F(ShardDamage, ASampleCountOtherThanListedIsReported) {
  manifest_.splits[0].shards[1].sample_count = 6;
  write_manifest(folder_ / kManifestName, manifest_);
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("holds 5 samples, the manifest says 6"));
}

TEST_F(ShardDamage, AnUnlistedShardOfThisDataSetIsAFaultAndAStrangerAWarning) {
  fs::copy_file(path(1), folder_ / "train-00002-of-00003.stk");
  EXPECT_THAT(faults(VerifyLevel::kFast), HasSubstr("unlisted: train-00002-of-00003.stk"));
  fs::remove(folder_ / "train-00002-of-00003.stk");
  store(folder_ / "other.stk", Bytes(10, 1));
  const VerifyReport report = verify(VerifyLevel::kFast);
  EXPECT_TRUE(report.whole());
  EXPECT_THAT(lines(report.warnings), HasSubstr("other.stk"));
}

TEST_F(ShardDamage, LeftOversAreWarnings) {
  store(folder_ / "train-00000-of-00002.stk.tmp", Bytes(10, 1));
  store(folder_ / "part-00001-of-00002.json", Bytes(10, 1));
  const VerifyReport report = verify(VerifyLevel::kFast);
  EXPECT_TRUE(report.whole());
  EXPECT_EQ(report.warnings.size(), 2u);
}

TEST_F(ShardDamage, ShardsWithoutManifestAreUnfinishedAndStillChecked) {
  fs::remove(folder_ / kManifestName);
  flip_bit(footer_.index.offset_bytes, 0);
  const std::string found = faults(VerifyLevel::kFast);
  EXPECT_THAT(found, HasSubstr("manifest: dataset.json: is not there"));
  EXPECT_THAT(found, HasSubstr("structure: train-00000-of-00002.stk"));
}

TEST_F(ShardDamage, NotesThatDifferFromTheShardsAreReported) {
  manifest_.skipped.pop_back();
  write_manifest(folder_ / kManifestName, manifest_);
  EXPECT_THAT(faults(), HasSubstr("notes: "));
}

TEST_F(ShardDamage, AClassWithoutSamplesIsAWarning) {
  for (uint64_t i = 0; i < kSamples; ++i) {
    const uint64_t at = footer_.index.offset_bytes + columns_.fields[kLabelColumn].values + 4 * i;
    write_wrongly<int32_t>(at, 0);
    bytes_ = read_file(shard_);
  }
  store(path(1), bytes_);
  const VerifyReport report = verify();
  EXPECT_THAT(lines(report.warnings), HasSubstr("2 of 3 classes have no sample: heron, stork"));
}

TEST_F(ShardDamage, DeepVerificationListsWhatTheDecoderSays) {
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

TEST_F(ShardDamage, AFolderThatIsNotThereIsNoVerdictOnData) {
  try {
    verify_dataset(folder_ / "nothing", {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace stoker
