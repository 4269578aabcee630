// Packed data sets drawn from a number: kinds of sets that people have (images with labels and
// more, volumes with masks, features, tables of arrays) with fields, extents, values, names,
// classes and splits of any kind the container takes.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "libdata/image/image_codec.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/shard_writer.h"

namespace stoker::testing {

class RandomDataset {
 public:
  explicit RandomDataset(uint32_t seed) : stream_(seed) {
    switch (below(4)) {
      case 0:
        draw_image_schema();
        break;
      case 1:
        draw_volume_schema("ZYX");
        break;
      case 2:
        draw_volume_schema("CZYX");
        break;
      default:
        draw_array_schema();
    }
    draw_classes();
  }

  // Writes it, a shard or two a split.
  void write(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    Manifest manifest;
    manifest.tool = "test";
    manifest.tool_version = "1";
    manifest.fingerprint = 77;
    manifest.schema = schema_;
    manifest.class_names = class_names_;
    manifest.sources = {{"drawn", 1}};
    const std::vector<std::string> splits = one_of<std::vector<std::string>>(
        {{"train"}, {"val"}, {"train", "val"}, {"test", "train", "val"}});
    for (const std::string& split : splits) {
      manifest.splits.push_back({split, {}});
      const uint32_t shards = 1 + below(2);
      for (uint32_t k = 0; k < shards; ++k)
        manifest.splits.back().shards.push_back(write_shard(folder, split, k, shards));
    }
    write_manifest(folder / kManifestName, manifest);
  }

  std::string description() const {
    std::string text;
    for (const Field& field : schema_.fields) {
      text += field.name + " " + std::string(dtype_name(field.dtype)) + "[" + field.axes + "]";
      text += field.storage == Storage::kInline ? " inline; " : "; ";
    }
    return text + std::to_string(class_names_.size()) + " classes";
  }

 private:
  uint32_t below(uint32_t end) { return static_cast<uint32_t>(stream_() % end); }
  bool toss() { return below(2) == 1; }
  template <typename T>
  T one_of(std::initializer_list<T> choices) {
    return *(choices.begin() + below(static_cast<uint32_t>(choices.size())));
  }

  Field& add_field(const std::string& name, Storage storage, DType dtype, const std::string& axes) {
    Field field;
    field.name = name;
    field.storage = storage;
    field.dtype = dtype;
    field.axes = axes;
    for (size_t i = 0; storage == Storage::kInline && i < axes.size(); ++i)
      field.shape.push_back(1 + below(4));
    schema_.fields.push_back(field);
    return schema_.fields.back();
  }
  DType any_dtype() {
    return one_of({DType::kUInt8, DType::kInt8, DType::kUInt16, DType::kInt16, DType::kInt32,
                   DType::kInt64, DType::kFloat16, DType::kFloat32});
  }
  void add_inline_fields() {
    if (toss()) add_field("score", Storage::kInline, any_dtype(), "");
    if (toss()) add_field("box", Storage::kInline, any_dtype(), "N");
    if (below(4) == 0) add_field("matrix", Storage::kInline, any_dtype(), "NM");
  }

  void draw_image_schema() {
    add_field("image", Storage::kBlob, DType::kUInt8, "HWC").color = "any";
    if (below(4) > 0) add_field("label", Storage::kInline, DType::kInt32, "");
    if (below(3) == 0) add_inline_fields();
    encoded_ = toss();
    fixed_ = toss();
  }
  void draw_volume_schema(const std::string& axes) {
    const bool features = axes == "CZYX";
    add_field("image", Storage::kBlob,
              features ? DType::kFloat16
                       : one_of({DType::kUInt8, DType::kUInt16, DType::kInt16, DType::kFloat32}),
              axes);
    if (toss()) add_field("label", Storage::kBlob, DType::kUInt8, "ZYX");
    if (below(4) == 0) add_inline_fields();
    fixed_ = toss();
  }
  void draw_array_schema() {
    const uint32_t count = 1 + below(3);
    for (uint32_t i = 0; i < count; ++i) {
      const std::string axes = one_of<std::string>({"N", "NM", "HW", "ZYX", "CZYX"});
      add_field("x" + std::to_string(i), Storage::kBlob, any_dtype(), axes);
    }
    if (toss()) add_field("label", Storage::kInline, DType::kInt32, "");
    add_inline_fields();
    fixed_ = toss();
  }

  void draw_classes() {
    const auto label = schema_.find("label");
    if (!label || schema_.fields[*label].storage == Storage::kBlob || below(4) == 0) return;
    class_names_ = {"zebra", "ant", "a b", "n0144, \"tench\"", "10", "9"};
    std::shuffle(class_names_.begin(), class_names_.end(), stream_);
    class_names_.resize(2 + below(4));
  }

  // Any bits for whole numbers; of floats what is odd about them, too.
  void draw_element(DType dtype, uint8_t* out) {
    const uint64_t bits = (static_cast<uint64_t>(stream_()) << 32) | stream_();
    std::memcpy(out, &bits, dtype_size(dtype));
    if (dtype == DType::kFloat32) {
      constexpr float kInf = std::numeric_limits<float>::infinity();
      const float value =
          one_of({0.0f, -0.0f, 1.5f, 1e-42f, kInf, -kInf, 3.1415927f, std::nanf("")});
      std::memcpy(out, &value, sizeof(value));
    } else if (dtype == DType::kFloat16) {
      const uint16_t half =
          one_of<uint16_t>({0, 0x8000, 0x3c00, 1, 0x7c00, 0xfc00, 0x7e00, 0x4248});
      std::memcpy(out, &half, sizeof(half));
    }
  }
  Bytes draw_array(DType dtype, uint64_t count) {
    Bytes bytes(count * dtype_size(dtype));
    for (uint64_t i = 0; i < count; ++i)
      draw_element(dtype, bytes.data() + i * dtype_size(dtype));
    return bytes;
  }

  uint32_t draw_extent(char axis, size_t field) {
    if (axis == 'C') return schema_.fields[field].dtype == DType::kUInt8 ? 3 : 6;
    return fixed_ ? 5 + static_cast<uint32_t>(axis) % 3 : 1 + below(7);
  }

  void draw_value(size_t f, const Extents& like, FieldValue& value, Bytes& bytes) {
    const Field& field = schema_.fields[f];
    if (field.storage == Storage::kInline) {
      bytes = draw_array(field.dtype, static_cast<uint64_t>(field.inline_element_count()));
      if (field.name == "label") {
        const auto classes = static_cast<uint32_t>(class_names_.empty() ? 7 : class_names_.size());
        const auto label = static_cast<int32_t>(below(classes));
        std::memcpy(bytes.data(), &label, sizeof(label));
      }
      value.bytes = bytes;
      return;
    }
    uint64_t count = 1;
    // A mask lies over its image.
    const size_t skipped = field.name == "label" ? schema_.fields[0].axes.size() - 3 : 0;
    for (size_t i = 0; i < field.axes.size(); ++i) {
      value.shape[i] = field.name == "label" ? like[i + skipped] : draw_extent(field.axes[i], f);
      count *= value.shape[i];
    }
    value.original_shape = value.shape;
    bytes = draw_array(field.dtype, count);
    if (encoded_ && f == 0) {
      value.codec = Codec::kPng;
      bytes = encode_png({static_cast<int>(value.shape[0]), static_cast<int>(value.shape[1]),
                          static_cast<int>(value.shape[2]), bytes});
    }
    value.bytes = bytes;
  }

  std::string draw_name(uint64_t number) {
    const std::string digits = std::to_string(number);
    return one_of<std::string>({"s" + digits, "a/b_" + digits, "x.y-" + digits, digits});
  }

  ShardSummary write_shard(const std::filesystem::path& folder, const std::string& split,
                           uint32_t k, uint32_t count) {
    ShardHeader header;
    header.fingerprint = 77;
    header.shard_index = k;
    header.shard_count = count;
    ShardWriter writer(folder / shard_file_name(split, k, count), header, schema_);
    const uint32_t samples = 1 + below(4);
    for (uint32_t i = 0; i < samples; ++i) {
      std::vector<FieldValue> values(schema_.fields.size());
      std::vector<Bytes> bytes(values.size());
      for (size_t f = 0; f < values.size(); ++f)
        draw_value(f, values[0].shape, values[f], bytes[f]);
      writer.append(draw_name(next_sample_++), values);
    }
    ShardMeta meta;
    meta.split = split;
    meta.class_names = class_names_;
    return writer.finish(meta);
  }

  std::mt19937 stream_;
  Schema schema_;
  std::vector<std::string> class_names_;
  bool encoded_ = false;  // image files instead of pixels
  bool fixed_ = false;    // all samples have the same extents
  uint64_t next_sample_ = 0;
};

}  // namespace stoker::testing
