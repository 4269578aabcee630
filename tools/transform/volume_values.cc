#include "tools/transform/volume_values.h"

#include <array>
#include <span>
#include <vector>

#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/distance_transform.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace {

std::vector<float> to_float(const std::array<double, kScroll6Channels>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

VolumePositions find_volume_fields(const Schema& schema, bool needs_label) {
  VolumePositions positions;
  positions.image = schema.require(kImageField);
  if (needs_label) schema.require(kLabelField);
  positions.label = schema.find(kLabelField);
  positions.distance = schema.find(kDistanceField);
  positions.scroll = schema.require(kScrollField);
  positions.nonzero_box = schema.find(kNonzeroBoxField);
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    const Field& field = schema.fields[f];
    const bool known = field.name == kScrollField || field.name == kNonzeroBoxField ||
                       field.name == kFeatureMeanField || field.name == kFeatureStdField;
    if (field.storage == Storage::kInline && !known) positions.others.push_back(f);
  }
  return positions;
}

Voxels voxels_of(const FieldValue& value, DType dtype, Sample& sample) {
  if (!value.decoded.empty()) return {volume_size(value), dtype, value.decoded};
  const BrickVolume bricks = parse_bricks(value.bytes);
  Bytes& voxels = sample.next_buffer();
  voxels.resize(bricks.shape().byte_count());
  RegionOptions options;
  options.check_hashes = true;
  read_region(bricks, value.bytes, {{0, 0, 0}, bricks.shape().size_zyx}, voxels, options);
  return {bricks.shape().size_zyx, bricks.shape().dtype, voxels};
}

FieldValue distance_value(const Voxels& label, Sample& sample) {
  Bytes& distance = sample.next_buffer();
  distance.resize(label.bytes.size());
  signed_surface_distance(label.size_zyx, label.bytes,
                          {reinterpret_cast<int8_t*>(distance.data()), distance.size()});
  Bytes& bricks = sample.next_buffer();
  encode_bricks({label.size_zyx, 1, DType::kInt8}, distance, BrickContent::kDistance, bricks);
  return bricks_value(bricks, label.size_zyx);
}

FeatureMoments compute_features(const Voxels& image, Bytes& bricks) {
  bricks.resize(RawBricks({image.size_zyx, kScroll6Channels, DType::kFloat16}).blob_bytes());
  if (image.dtype == DType::kUInt8) {
    return compute_scroll6_bricks(image.size_zyx, image.bytes, bricks);
  }
  const std::span<const uint16_t> wide{reinterpret_cast<const uint16_t*>(image.bytes.data()),
                                       image.bytes.size() / sizeof(uint16_t)};
  return compute_scroll6_bricks(image.size_zyx, wide, bricks);
}

void append_moments(const FeatureMoments& moments, Sample& sample) {
  sample.values.push_back(inline_value(to_float(moments.mean), sample));
  sample.values.push_back(inline_value(to_float(moments.stddev), sample));
}

}  // namespace stoker
