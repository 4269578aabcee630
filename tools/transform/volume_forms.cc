#include "tools/transform/volume_forms.h"

#include <array>

#include "formats/labelled_volume.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace {

bool has_channels(const Field& field) {
  return field.axes.size() == 4;
}

// Label and distance volumes are those that pack-volumes writes; their values are checked there.
BrickContent content_of(const Field& field) {
  if (field.name == kLabelField && field == label_field()) return BrickContent::kLabel;
  if (field.name == kDistanceField && field == distance_field()) return BrickContent::kDistance;
  return BrickContent::kIntensity;
}

VolumeShape shape_of(const Field& field, const FieldValue& value) {
  const size_t z = has_channels(field) ? 1 : 0;
  VolumeShape shape;
  shape.size_zyx = {value.shape[z], value.shape[z + 1], value.shape[z + 2]};
  shape.channels = has_channels(field) ? value.shape[0] : 1;
  shape.dtype = field.dtype;
  return shape;
}

}  // namespace

void BricksToArrays::apply(Sample& sample) const {
  for (FieldValue& value : sample.values) {
    if (value.codec != Codec::kBricks) continue;
    const BrickVolume bricks = parse_bricks(value.bytes);
    Bytes& voxels = sample.next_buffer();
    voxels.resize(bricks.shape().byte_count());
    RegionOptions options;
    options.check_hashes = true;
    read_region(bricks, value.bytes, {{0, 0, 0}, bricks.shape().size_zyx}, voxels, options);
    value.bytes = voxels;
    value.codec = Codec::kRaw;
    value.hash = 0;
    value.decoded = {};
  }
}

ArraysToBricks::ArraysToBricks(const Schema& input) : schema_(input) {
  for (size_t f = 0; f < input.fields.size(); ++f) {
    const Field& field = input.fields[f];
    if (is_volume_field(field) && is_brick_dtype(field.dtype)) volumes_.push_back(f);
  }
  const auto image = input.find(kImageField);
  if (!image || input.fields[*image].axes != "ZYX" || !is_brick_dtype(input.fields[*image].dtype)) {
    return;
  }
  image_ = *image;
  adds_scroll_ = !input.find(kScrollField);
  adds_box_ = !input.find(kNonzeroBoxField);
  if (adds_scroll_) schema_.fields.push_back(scroll_field({}));
  if (adds_box_) schema_.fields.push_back(nonzero_box_field());
}

void ArraysToBricks::apply(Sample& sample) const {
  std::array<int32_t, 6> box{};
  if (adds_box_ && sample.values[image_].codec == Codec::kRaw) {
    const VolumeShape shape = shape_of(schema_.fields[image_], sample.values[image_]);
    box = nonzero_box(shape.size_zyx, shape.dtype, sample.values[image_].bytes);
  }
  for (const size_t f : volumes_) {
    FieldValue& value = sample.values[f];
    if (value.codec == Codec::kBricks) continue;
    const VolumeShape shape = shape_of(schema_.fields[f], value);
    Bytes& bricks = sample.next_buffer();
    encode_bricks(shape, value.bytes, content_of(schema_.fields[f]), bricks);
    const ByteSpan voxels = value.bytes;
    value = bricks_value(bricks, shape.size_zyx, shape.channels);
    value.decoded = voxels;
  }
  if (adds_scroll_) {
    sample.values.push_back(inline_value(std::array<int64_t, 1>{-1}, sample));
  }
  if (adds_box_) sample.values.push_back(inline_value(box, sample));
}

}  // namespace stoker
