#include "tools/volume_record.h"

#include <fmt/format.h>

#include <vector>

#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/distance_transform.h"
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

Extents bricks_extents(const Zyx& size_zyx, int64_t channels) {
  const auto narrow = [](int64_t extent) { return static_cast<uint32_t>(extent); };
  if (channels == 1) return {narrow(size_zyx[0]), narrow(size_zyx[1]), narrow(size_zyx[2]), 0};
  return {narrow(channels), narrow(size_zyx[0]), narrow(size_zyx[1]), narrow(size_zyx[2])};
}

void append_blob(ByteSpan blob, const Extents& extents, EncodedSample& sample) {
  FieldValue value;
  value.bytes = blob;
  value.codec = Codec::kBricks;
  value.shape = extents;
  value.original_shape = extents;
  sample.values.push_back(value);
}

template <typename Values>
void append_values(const Values& values, VolumeBuffer buffer, EncodedSample& sample) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  sample.buffers[buffer].assign(bytes, bytes + values.size() * sizeof(values[0]));
  append_inline(sample.buffers[buffer], sample);
}

std::vector<float> to_float(const std::array<double, kScroll6Channels>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

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

void begin_volume(EncodedSample& sample) {
  sample.clear();
  sample.buffers.resize(kVolumeBufferCount);
}

void append_image(const Zyx& size_zyx, EncodedSample& sample) {
  append_blob(sample.buffers[kImageBricks], bricks_extents(size_zyx, 1), sample);
}

void append_label(const Zyx& size_zyx, EncodedSample& sample) {
  append_blob(sample.buffers[kLabelBricks], bricks_extents(size_zyx, 1), sample);
}

void append_distance(const Zyx& size_zyx, EncodedSample& sample) {
  Bytes& distance = sample.buffers[kDistanceVoxels];
  distance.resize(sample.buffers[kLabelVoxels].size());
  signed_surface_distance(size_zyx, sample.buffers[kLabelVoxels],
                          {reinterpret_cast<int8_t*>(distance.data()), distance.size()});
  encode_bricks({size_zyx, 1, DType::kInt8}, distance, BrickContent::kDistance,
                sample.buffers[kDistanceBricks]);
  append_blob(sample.buffers[kDistanceBricks], bricks_extents(size_zyx, 1), sample);
}

void append_scroll(int64_t scroll, EncodedSample& sample) {
  append_values(std::array<int64_t, 1>{scroll}, kScrollBytes, sample);
}

void append_nonzero_box(const std::array<int32_t, 6>& box, EncodedSample& sample) {
  append_values(box, kBoxBytes, sample);
}

FeatureMoments compute_features(const Zyx& size_zyx, DType voxels, EncodedSample& sample) {
  Bytes& bricks = sample.buffers[kFeatureBricks];
  bricks.resize(RawBricks({size_zyx, kScroll6Channels, DType::kFloat16}).blob_bytes());
  const Bytes& image = sample.buffers[kImageVoxels];
  if (voxels == DType::kUInt8) return compute_scroll6_bricks(size_zyx, image, bricks);
  const std::span<const uint16_t> wide{reinterpret_cast<const uint16_t*>(image.data()),
                                       image.size() / sizeof(uint16_t)};
  return compute_scroll6_bricks(size_zyx, wide, bricks);
}

void append_features(const Zyx& size_zyx, EncodedSample& sample) {
  append_blob(sample.buffers[kFeatureBricks], bricks_extents(size_zyx, kScroll6Channels), sample);
}

void append_moments(const FeatureMoments& moments, EncodedSample& sample) {
  append_values(to_float(moments.mean), kMeanBytes, sample);
  append_values(to_float(moments.stddev), kStdBytes, sample);
}

void append_bricks(ByteSpan blob, const Zyx& size_zyx, EncodedSample& sample) {
  append_blob(blob, bricks_extents(size_zyx, 1), sample);
}

void append_inline(ByteSpan bytes, EncodedSample& sample) {
  FieldValue value;
  value.bytes = bytes;
  sample.values.push_back(value);
}

}  // namespace stoker
