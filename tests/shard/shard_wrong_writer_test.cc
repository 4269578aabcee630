// What hashes cannot tell, because the writer itself was wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/shard/shard_damage_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class WrongWriter : public ShardDamage {};

TEST_F(WrongWriter, AnUnknownVersionIsUnsupportedAndSaysSo) {
  for (const uint64_t at : {uint64_t{8}, footer_at_ + 96}) {
    write_wrongly<uint32_t>(at, 2);
    EXPECT_EQ(refusal().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(refusal().message(), HasSubstr("version 2"));
    EXPECT_EQ(refusal().offset_bytes(), at);
    EXPECT_THAT(faults(), HasSubstr("version 2"));
  }
}

TEST_F(WrongWriter, EveryReservedBitIsRefused) {
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

TEST_F(WrongWriter, AnAlignmentOutsideTheRulesIsRefused) {
  for (const uint64_t alignment : {0, 1, 32, 96, 131072}) {
    write_wrongly<uint64_t>(40, alignment);
    EXPECT_THAT(refusal().message(), HasSubstr("alignment")) << alignment;
  }
}

TEST_F(WrongWriter, SectionsOutOfPlaceAreRefused) {
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

TEST_F(WrongWriter, ASampleCountThatTheSectionsCannotHoldIsRefused) {
  for (const uint64_t count : {uint64_t{4}, uint64_t{6}, uint64_t{1} << 40, ~uint64_t{0}}) {
    write_wrongly<uint64_t>(footer_at_ + 72, count);
    EXPECT_FALSE(verify().whole()) << count;
    // 4 to 6 samples take equal room in the aligned columns; the names tell.
    if (count <= 8) continue;
    EXPECT_EQ(refusal().code(), ErrorCode::kCorrupt) << count;
  }
}

TEST_F(WrongWriter, ReservedSampleFlagsAreRefusedForThatSample) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kImageColumn].flags;
  write_wrongly<uint16_t>(at + 2 * 3, 0x80);
  const ShardReader reader(shard_);
  EXPECT_NO_THROW(reader.blob(2, kImageColumn));
  EXPECT_THROW(reader.blob(3, kImageColumn), Error);
  EXPECT_THAT(faults(), HasSubstr("index: train-00000-of-00002.stk: sample 3 'bird/0_3': field "
                                  "image"));
}

TEST_F(WrongWriter, AnUnknownCodecIsRefusedForThatSample) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kMaskColumn].codecs;
  write_wrongly<uint8_t>(at + 4, 99);
  EXPECT_THROW(ShardReader(shard_).blob(4, kMaskColumn), Error);
  EXPECT_THAT(faults(), HasSubstr("sample 4 'bird/0_4': field mask"));
}

TEST_F(WrongWriter, ABlobOutsideTheRecordsIsRefused) {
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

TEST_F(WrongWriter, BlobsThatOverlapOrLeaveHolesAreReported) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kImageColumn].offsets + 8 * 2;
  const auto offset = load_le<uint64_t>(&bytes_[at]);
  for (const uint64_t wrong : {offset - 64, offset + 64}) {
    write_wrongly<uint64_t>(at, wrong);
    EXPECT_THAT(faults(), HasSubstr("index: train-00000-of-00002.stk: sample 2 'bird/0_2': field "
                                    "image"))
        << wrong;
  }
}

TEST_F(WrongWriter, RawBytesThatDoNotMatchTheirShapeAreReported) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kImageColumn].shapes + 8 * 2;
  for (const uint32_t height : {0u, 2u, 0xffffffffu}) {
    write_wrongly<uint32_t>(at, height);
    EXPECT_THAT(faults(), HasSubstr("sample 2 'bird/0_2': field image")) << height;
  }
}

TEST_F(WrongWriter, ALabelOutsideTheClassListIsReportedAtItsByte) {
  const uint64_t at = footer_.index.offset_bytes + columns_.fields[kLabelColumn].values + 4 * 1;
  write_wrongly<int32_t>(at, 3);
  EXPECT_THAT(faults(), HasSubstr("label: train-00000-of-00002.stk: sample 1 'bird/0_1': field "
                                  "label: at byte " +
                                  std::to_string(at)));
  write_wrongly<int32_t>(at, -2);
  EXPECT_THAT(faults(), HasSubstr("found -2"));
}

TEST_F(WrongWriter, PaddingInsideTheIndexIsGuarded) {
  ASSERT_FALSE(columns_.gaps.empty());
  const uint64_t at = footer_.index.offset_bytes + columns_.gaps.front().begin;
  write_wrongly<uint8_t>(at, 1);
  EXPECT_THAT(faults(),
              HasSubstr("padding: train-00000-of-00002.stk: at byte " + std::to_string(at)));
}

TEST_F(WrongWriter, NamesOutOfOrderAreReportedAndHarmNoReader) {
  const uint64_t at = footer_.names.offset_bytes + 8 * 2;
  for (const uint64_t end : {uint64_t{0}, ~uint64_t{0}, uint64_t{1} << 63}) {
    write_wrongly<uint64_t>(at, end);
    EXPECT_THAT(faults(), HasSubstr("names: "));
    const ShardReader reader(shard_);
    for (uint64_t i = 0; i < kSamples; ++i)
      EXPECT_LE(reader.name(i).size(), footer_.names.size_bytes);
  }
}

TEST_F(WrongWriter, TwoSamplesOfOneNameAreReported) {
  const uint64_t text_at = footer_.names.offset_bytes + 8 * (kSamples + 1);
  ASSERT_EQ(bytes_[text_at + 7], '0');       // "bird/0_0": 8 bytes a name
  write_wrongly<uint8_t>(text_at + 7, '1');  // sample 0 takes the name of sample 1
  EXPECT_THAT(faults(), HasSubstr("names: train-00000-of-00002.stk: sample 1 'bird/0_1'"));
}

}  // namespace
}  // namespace stoker
