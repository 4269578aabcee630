// A data set small enough to know by heart, for tests of the programs that read data sets: split
// "train", two shards of four PNG images of 6 x 4 pixels, classes "<red>" and "blue & green".
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libdata/image/image_codec.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/shard_writer.h"

namespace stoker::testing {

inline constexpr uint32_t kSmallShards = 2;
inline constexpr uint32_t kSmallSamples = 4;  // a shard

inline Schema small_schema() {
  Field image;
  image.name = "image";
  image.axes = "HWC";
  image.color = "any";
  Field label;
  label.name = "label";
  label.storage = Storage::kInline;
  label.dtype = DType::kInt32;
  Schema schema;
  schema.fields = {image, label};
  return schema;
}

// Sample i of shard k: every pixel 10 * (4 * k + i), label i % 2. With `shape_fault`, the index
// says 7 rows of every image where the file holds 6: what only decoding finds.
inline ShardSummary write_small_shard(const std::filesystem::path& folder, uint32_t k,
                                      bool shape_fault,
                                      const std::vector<std::string>& class_names) {
  ShardHeader header;
  header.fingerprint = 77;
  header.shard_index = k;
  header.shard_count = kSmallShards;
  ShardWriter writer(folder / shard_file_name("train", k, kSmallShards), header, small_schema());
  for (uint32_t i = 0; i < kSmallSamples; ++i) {
    const auto gray = static_cast<uint8_t>(10 * (kSmallSamples * k + i));
    const Bytes png = encode_png({6, 4, 3, Bytes(6 * 4 * 3, gray)});
    const auto label = static_cast<int32_t>(i % 2);
    std::array<FieldValue, 2> values;
    values[0].bytes = png;
    values[0].codec = Codec::kPng;
    values[0].shape = {shape_fault ? 7u : 6u, 4, 3, 0};
    values[0].original_shape = {6, 4, 3, 0};
    values[1].bytes = {reinterpret_cast<const uint8_t*>(&label), 4};
    writer.append("bird/" + std::to_string(k) + "_" + std::to_string(i), values);
  }
  ShardMeta meta;
  meta.split = "train";
  meta.class_names = class_names;
  return writer.finish(meta);
}

inline void write_small_dataset(const std::filesystem::path& folder, bool shape_fault = false,
                                const std::vector<std::string>& class_names = {"<red>",
                                                                               "blue & green"}) {
  std::filesystem::create_directories(folder);
  Manifest manifest;
  manifest.tool = "test";
  manifest.tool_version = "1";
  manifest.fingerprint = 77;
  manifest.schema = small_schema();
  manifest.class_names = class_names;
  manifest.splits = {{"train", {}}};
  manifest.sources = {{"birds.tar", 2048}};
  for (uint32_t k = 0; k < kSmallShards; ++k)
    manifest.splits[0].shards.push_back(
        write_small_shard(folder, k, shape_fault && k == 0, class_names));
  write_manifest(folder / kManifestName, manifest);
}

}  // namespace stoker::testing
