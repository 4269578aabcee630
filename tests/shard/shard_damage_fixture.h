// A data set of two shards, and a vocabulary of damage.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "libdata/core/files.h"
#include "libdata/core/random.h"
#include "libdata/shard/index_columns.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/shard_writer.h"
#include "libdata/shard/verification.h"
#include "tests/shard/shard_sealing.h"

namespace stoker {

inline constexpr uint64_t kFingerprint = 0x1122334455667788u;
inline constexpr size_t kImageColumn = 0;
inline constexpr size_t kMaskColumn = 1;
inline constexpr size_t kLabelColumn = 2;
inline constexpr uint64_t kSamples = 5;

class ShardDamage : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              (std::string("shard_damage.") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
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
  void TearDown() override { std::filesystem::remove_all(folder_); }

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

  std::filesystem::path path(uint32_t k) const { return folder_ / shard_file_name("train", k, 2); }

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

  void store(const std::filesystem::path& to, const Bytes& bytes) const {
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

  std::filesystem::path folder_;
  std::filesystem::path shard_;  // the first one: the one that is damaged
  Manifest manifest_;
  Bytes bytes_;  // of that shard, undamaged
  ShardFooter footer_;
  uint64_t footer_at_ = 0;
  IndexColumns columns_;
};

}  // namespace stoker
