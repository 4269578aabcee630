#include "tools/transform/scroll6_fields.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "formats/labelled_volume.h"
#include "libdata/core/error.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace {

// Bytes a voxel, in memory while features are computed, and in a shard.
constexpr double kFeatureBytes = 12.05;
constexpr double kVoxelBytes = 2.6;  // image, label being decoded, its bricks
constexpr double kDistanceMapBytes = 10;

FieldValue stored_bricks(const FieldValue& stored, const Zyx& size) {
  FieldValue value = bricks_value(stored.bytes, size);
  value.hash = stored.hash;
  return value;
}

}  // namespace

Scroll6Fields::Scroll6Fields(const Schema& input, bool distance)
    : distance_(distance || input.find(kDistanceField)),
      positions_(find_volume_fields(input, distance_)),
      voxels_(input.fields[positions_.image].dtype) {
  schema_.fields = {features_field()};
  if (positions_.label) schema_.fields.push_back(label_field());
  if (distance_) schema_.fields.push_back(distance_field());
  schema_.fields.push_back(input.fields[positions_.scroll]);
  schema_.fields.push_back(nonzero_box_field());
  for (const size_t other : positions_.others)
    schema_.fields.push_back(input.fields[other]);
  schema_.fields.push_back(feature_moment_field(kFeatureMeanField));
  schema_.fields.push_back(feature_moment_field(kFeatureStdField));
}

std::map<std::string, std::string> Scroll6Fields::describe() const {
  return {{"targets", distance_ ? "distance" : "none"},
          {"moments", "none"},
          {"features", std::string(kScroll6Definition)}};
}

double Scroll6Fields::bytes_per_voxel() const {
  return kFeatureBytes + kLabelShare + (distance_ ? kDistanceShare : 0);
}

uint64_t Scroll6Fields::estimate(const PlannedItem& item) const {
  const auto voxel_count = static_cast<double>(item.estimated_bytes / dtype_size(voxels_));
  return std::max<uint64_t>(1, static_cast<uint64_t>(voxel_count * bytes_per_voxel()));
}

uint64_t Scroll6Fields::working_bytes(uint64_t voxel_count) const {
  const double a_voxel = kFeatureBytes + kVoxelBytes + (distance_ ? kDistanceMapBytes : 0);
  return static_cast<uint64_t>(static_cast<double>(voxel_count) * a_voxel);
}

void Scroll6Fields::append_distance(const std::vector<FieldValue>& input, const Zyx& size,
                                    Sample& sample) const {
  if (positions_.distance) {
    sample.values.push_back(stored_bricks(input[*positions_.distance], size));
  } else if (distance_) {
    const Voxels label = voxels_of(input[*positions_.label], DType::kUInt8, sample);
    sample.values.push_back(distance_value(label, sample));
  }
}

void Scroll6Fields::apply(Sample& sample) const {
  const std::vector<FieldValue> input = std::exchange(sample.values, {});
  try {
    const Voxels image = voxels_of(input[positions_.image], voxels_, sample);
    Bytes& features = sample.next_buffer();
    const FeatureMoments moments = compute_features(image, features);
    sample.values = {bricks_value(features, image.size_zyx, kScroll6Channels)};
    if (positions_.label) {
      sample.values.push_back(stored_bricks(input[*positions_.label], image.size_zyx));
    }
    append_distance(input, image.size_zyx, sample);
    sample.values.push_back(input[positions_.scroll]);
    sample.values.push_back(
        positions_.nonzero_box
            ? input[*positions_.nonzero_box]
            : inline_value(nonzero_box(image.size_zyx, image.dtype, image.bytes), sample));
    for (const size_t other : positions_.others)
      sample.values.push_back(input[other]);
    append_moments(moments, sample);
  } catch (const Error& error) {
    throw error.at(sample.source_path);
  }
}

}  // namespace stoker
