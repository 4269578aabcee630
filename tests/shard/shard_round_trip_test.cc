// What is written is read back: values, names, shapes, notes, over dtypes and odd sizes.
#include <gtest/gtest.h>

#include <filesystem>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/shard_reader.h"
#include "libdata/shard/shard_writer.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

class ShardRoundTrip : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              (std::string("shard_round_trip.") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Schema image_schema() {
    Schema schema;
    Field image;
    image.name = "image";
    image.axes = "HWC";
    image.color = "any";
    Field label;
    label.name = "label";
    label.storage = Storage::kInline;
    label.dtype = DType::kInt32;
    label.unit = "class index";
    Field moments;
    moments.name = "moments";
    moments.storage = Storage::kInline;
    moments.dtype = DType::kFloat32;
    moments.axes = "C";
    moments.shape = {3};
    schema.fields = {image, label, moments};
    return schema;
  }

  // Sample i: i * 37 bytes of value i, label -i, moments {i, i + 0.5, -i}.
  ShardSummary write(const fs::path& path, int samples, uint32_t shard_index = 0,
                     uint32_t shard_count = 1) {
    ShardHeader header;
    header.shard_index = shard_index;
    header.shard_count = shard_count;
    header.fingerprint = 0x1122334455667788u;
    ShardWriter writer(path, header, image_schema());
    for (int i = 0; i < samples; ++i) {
      const Bytes pixels(static_cast<size_t>(i) * 37, static_cast<uint8_t>(i));
      const int32_t label = -i;
      const std::array<float, 3> moments{float(i), float(i) + 0.5f, -float(i)};
      std::array<FieldValue, 3> values;
      values[0].bytes = pixels;
      values[0].codec = Codec::kJpeg;
      values[0].shape = {uint32_t(i), 37, 1, 0};
      values[0].original_shape = {uint32_t(2 * i), 74, 1, 0};
      values[0].flags = kFlagResized;
      values[1].bytes = {reinterpret_cast<const uint8_t*>(&label), 4};
      values[2].bytes = {reinterpret_cast<const uint8_t*>(moments.data()), 12};
      writer.append("folder/sample_" + std::to_string(i), values);
    }
    ShardMeta meta;
    meta.split = "train";
    meta.class_names = {"a", "b"};
    meta.skipped = {{"bad", "why", "x.tar", 512}};
    return writer.finish(meta);
  }

  fs::path folder_;
};

TEST_F(ShardRoundTrip, GivesBackEveryValue) {
  const fs::path path = folder_ / "train-00000-of-00001.stk";
  const ShardSummary summary = write(path, 50);
  const ShardReader reader(path);
  EXPECT_EQ(summary.sample_count, 50u);
  EXPECT_EQ(summary.size_bytes, fs::file_size(path));
  EXPECT_EQ(summary.hash, xxh3_128(read_file(path)));
  EXPECT_EQ(reader.schema(), image_schema());
  EXPECT_EQ(reader.header().fingerprint, 0x1122334455667788u);
  EXPECT_EQ(reader.meta().skipped.at(0).offset_bytes, 512u);
  for (uint64_t i = 0; i < 50; ++i) {
    const BlobView blob = reader.blob(i, 0);
    ASSERT_EQ(blob.bytes.size(), i * 37);
    EXPECT_EQ(blob.offset_bytes % 64, 0u);
    for (const uint8_t byte : blob.bytes)
      ASSERT_EQ(byte, i);
    EXPECT_EQ(blob.shape, (Extents{uint32_t(i), 37, 1, 0}));
    EXPECT_EQ(blob.original_shape, (Extents{uint32_t(2 * i), 74, 1, 0}));
    EXPECT_EQ(blob.codec, Codec::kJpeg);
    EXPECT_EQ(blob.flags, kFlagResized);
    EXPECT_EQ(reader.inline_int(i, 1), -int64_t(i));
    EXPECT_EQ(load_le<float>(reader.inline_bytes(i, 2).data() + 4), float(i) + 0.5f);
    EXPECT_EQ(reader.name(i), "folder/sample_" + std::to_string(i));
    EXPECT_NO_THROW(reader.check_record(i, 0));
  }
  EXPECT_NO_THROW(reader.check_names());
  EXPECT_NO_THROW(reader.check_padding());
}

TEST_F(ShardRoundTrip, EmptyShardIsAShard) {
  const fs::path path = folder_ / "train-00000-of-00001.stk";
  write(path, 0);
  EXPECT_EQ(ShardReader(path).sample_count(), 0u);
}

TEST_F(ShardRoundTrip, UnfinishedShardLeavesNothing) {
  const fs::path path = folder_ / "train-00000-of-00001.stk";
  { const ShardWriter writer(path, ShardHeader{}, image_schema()); }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ShardRoundTrip, RefusesAValueThatDoesNotFitTheSchema) {
  ShardWriter writer(folder_ / "a.stk", ShardHeader{}, image_schema());
  std::array<FieldValue, 3> values;
  EXPECT_THROW(writer.append("x", values), Error);  // inline values of no bytes
  EXPECT_THROW(writer.append("x", std::span(values).first(2)), Error);
}

TEST_F(ShardRoundTrip, ManifestRoundTripsAndIsAPureFunctionOfItsValues) {
  Manifest manifest;
  manifest.tool = "pack-imagenet";
  manifest.tool_version = "0.1.0";
  manifest.options = {{"encode", "raw"}, {"seed", "7"}};
  manifest.fingerprint = 0xfedcba9876543210u;
  manifest.schema = image_schema();
  manifest.class_names = {"crane", "crane"};
  manifest.splits = {{"train", {{"train-00000-of-00001.stk", 4096, 50, {1, 2}}}}};
  manifest.sources = {{"a.tar", 10240}};
  manifest.skipped = {{"n/x.JPEG", "truncated", "a.tar", 1024}};
  const std::string text = encode_manifest(manifest);
  const Manifest back = decode_manifest(text);
  EXPECT_EQ(encode_manifest(back), text);
  EXPECT_EQ(back.fingerprint, manifest.fingerprint);
  EXPECT_EQ(back.schema, manifest.schema);
  EXPECT_EQ(back.splits.at(0).shards.at(0).hash, (Hash128{1, 2}));
  EXPECT_EQ(back.class_names, manifest.class_names);
}

TEST_F(ShardRoundTrip, EveryFlippedBitAndEveryPrefixOfAManifestIsRefused) {
  Manifest manifest;
  manifest.tool = "t";
  manifest.tool_version = "1";
  manifest.schema = image_schema();
  manifest.splits = {{"train", {{"train-00000-of-00001.stk", 4096, 50, {1, 2}}}}};
  const std::string text = encode_manifest(manifest);
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_THROW(decode_manifest(std::string_view(text).substr(0, i)), Error) << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      EXPECT_THROW(decode_manifest(damaged), Error) << "byte " << i << " bit " << bit;
    }
  }
}

TEST_F(ShardRoundTrip, DataSetNumbersSamplesThroughItsShards) {
  Manifest manifest;
  manifest.fingerprint = 0x1122334455667788u;
  manifest.schema = image_schema();
  manifest.splits = {{"train", {}}};
  for (int k = 0; k < 3; ++k) {
    manifest.splits[0].shards.push_back(
        write(folder_ / shard_file_name("train", uint32_t(k), 3), 4 + k, uint32_t(k), 3));
  }
  write_manifest(folder_ / kManifestName, manifest);
  const PackedDataset dataset(folder_);
  const PackedSplit& split = dataset.split("");
  EXPECT_EQ(split.sample_count(), 15u);
  EXPECT_EQ(split.first_samples(), (std::vector<uint64_t>{0, 4, 9, 15}));
  EXPECT_EQ(split.sample_name(8), "folder/sample_4");
  EXPECT_EQ(split.inline_int(14, 1), -5);
  EXPECT_THROW(dataset.split("val"), Error);
}

TEST_F(ShardRoundTrip, DataSetWithAMissingShardIsRefused) {
  Manifest manifest;
  manifest.fingerprint = 0x1122334455667788u;
  manifest.schema = image_schema();
  manifest.splits = {{"train", {write(folder_ / "train-00000-of-00001.stk", 4)}}};
  write_manifest(folder_ / kManifestName, manifest);
  fs::remove(folder_ / "train-00000-of-00001.stk");
  try {
    const PackedDataset dataset(folder_);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace stoker
