// One fault a test: whatever is damaged, verification finds it and names the place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/shard/shard_damage_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace stoker
