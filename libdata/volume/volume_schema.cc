#include "libdata/volume/volume_schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace {

Field brick_field(const char* name, DType dtype, const char* unit) {
  Field field;
  field.name = name;
  field.dtype = dtype;
  field.axes = "ZYX";
  field.unit = unit;
  field.normalization = "none";
  return field;
}

Field inline_field(const char* name, DType dtype, const char* axes, std::vector<int64_t> shape,
                   const char* unit) {
  Field field;
  field.name = name;
  field.storage = Storage::kInline;
  field.dtype = dtype;
  field.axes = axes;
  field.shape = std::move(shape);
  field.unit = unit;
  return field;
}

Extents volume_extents(const Zyx& size_zyx, int64_t channels) {
  const auto narrow = [](int64_t extent) { return static_cast<uint32_t>(extent); };
  if (channels == 1) return {narrow(size_zyx[0]), narrow(size_zyx[1]), narrow(size_zyx[2]), 0};
  return {narrow(channels), narrow(size_zyx[0]), narrow(size_zyx[1]), narrow(size_zyx[2])};
}

}  // namespace

bool is_volume_field(const Field& field) {
  return field.storage == Storage::kBlob && (field.axes == "ZYX" || field.axes == "CZYX");
}

bool has_volumes(const Schema& schema) {
  return std::any_of(schema.fields.begin(), schema.fields.end(), is_volume_field);
}

Field image_field(const ImageVoxels& voxels) {
  const bool is_16_bit = voxels.dtype == DType::kUInt16;
  Field field = brick_field(kImageField, voxels.dtype, is_16_bit ? "0..65535" : "0..255");
  field.color = "gray";
  if (is_16_bit) field.definition = "on the scale 0..255: value * 255 / 65535";
  if (voxels.rounded_from_16_bits) field.definition = "16-bit voxels as round(value / 257)";
  return field;
}

Field label_field() {
  Field field = brick_field(kLabelField, DType::kUInt8, "class index");
  field.definition = "0 background, 1 surface, 2 unlabelled";
  field.ignore_value = 2;
  return field;
}

Field distance_field() {
  Field field = brick_field(kDistanceField, DType::kInt8, "voxel");
  field.definition = "signed Euclidean distance to label 1, negative inside, rounded, -127..127";
  return field;
}

Field features_field() {
  Field field = brick_field(kFeaturesField, DType::kFloat16, "as the channel");
  field.axes = "CZYX";
  field.channel_names.assign(kScroll6Names.begin(), kScroll6Names.end());
  field.definition = kScroll6Definition;
  return field;
}

Field scroll_field(const std::vector<std::string>& scroll_names) {
  Field field = inline_field(kScrollField, DType::kInt64, "", {}, "scroll id");
  if (!scroll_names.empty()) {
    field.unit = "scroll index";
    field.definition = fmt::format("in order: {}", fmt::join(scroll_names, ", "));
  }
  return field;
}

Field nonzero_box_field() {
  return inline_field(kNonzeroBoxField, DType::kInt32, "B", {6}, "voxel");
}

Field feature_moment_field(const char* name) {
  Field field = inline_field(name, DType::kFloat32, "C", {kScroll6Channels}, "as the channel");
  field.channel_names.assign(kScroll6Names.begin(), kScroll6Names.end());
  field.definition = kScroll6Definition;
  return field;
}

FieldValue bricks_value(ByteSpan blob, const Zyx& size_zyx, int64_t channels) {
  FieldValue value;
  value.bytes = blob;
  value.codec = Codec::kBricks;
  value.shape = volume_extents(size_zyx, channels);
  value.original_shape = value.shape;
  return value;
}

FieldValue voxels_value(ByteSpan voxels, const Zyx& size_zyx) {
  FieldValue value;
  value.bytes = voxels;
  value.shape = volume_extents(size_zyx, 1);
  value.original_shape = value.shape;
  value.decoded = voxels;
  return value;
}

Zyx volume_size(const FieldValue& value) {
  return {value.shape[0], value.shape[1], value.shape[2]};
}

}  // namespace stoker
