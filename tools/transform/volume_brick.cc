#include "tools/transform/volume_brick.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libdata/core/parallel.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace {

constexpr uint64_t kMemoryBytes = uint64_t{2} << 30;  // for volumes in flight
constexpr size_t kVolumesAThread = 2;

// Bytes a voxel in memory while a volume is encoded, at most.
constexpr double kPlainBytes = 3;  // image bricks, noise for labels, every layer in its thread
constexpr double kDistanceFieldBytes = 11;  // the label, the map, its bricks, squared distances
constexpr double kMomentsBytes = 13.1;      // the image, six channels of float16
constexpr double kWideBytes = 1;            // more for 16-bit voxels, wherever the image lies

}  // namespace

VolumeBrick::VolumeBrick(const Schema& input, const VolumeBrickOptions& options)
    : options_(options),
      positions_(find_volume_fields(input, options.distance)),
      voxels_(input.fields[positions_.image].dtype) {
  schema_.fields = {input.fields[positions_.image]};
  if (positions_.label) schema_.fields.push_back(input.fields[*positions_.label]);
  if (options.distance) schema_.fields.push_back(distance_field());
  schema_.fields.push_back(input.fields[positions_.scroll]);
  schema_.fields.push_back(input.fields[input.require(kNonzeroBoxField)]);
  for (const size_t other : positions_.others)
    schema_.fields.push_back(input.fields[other]);
  if (options.moments) {
    schema_.fields.push_back(feature_moment_field(kFeatureMeanField));
    schema_.fields.push_back(feature_moment_field(kFeatureStdField));
  }
}

std::map<std::string, std::string> VolumeBrick::describe() const {
  return {{"targets", options_.distance ? "distance" : "none"},
          {"moments", options_.moments ? std::string(kScroll6Definition) : "none"}};
}

uint64_t VolumeBrick::estimate(const PlannedItem& item) const {
  const double bytes_per_voxel = static_cast<double>(dtype_size(voxels_)) +
                                 (positions_.label ? kLabelShare : 0) +
                                 (options_.distance ? kDistanceShare : 0);
  const auto voxel_count = static_cast<double>(item.estimated_bytes / dtype_size(voxels_));
  return std::max<uint64_t>(1, static_cast<uint64_t>(voxel_count * bytes_per_voxel));
}

uint64_t VolumeBrick::working_bytes(uint64_t voxel_count) const {
  const double a_voxel = kPlainBytes + (options_.distance ? kDistanceFieldBytes : 0) +
                         (options_.moments ? kMomentsBytes : 0) +
                         (voxels_ == DType::kUInt16 ? kWideBytes : 0) * (options_.moments ? 2 : 1);
  return static_cast<uint64_t>(static_cast<double>(voxel_count) * a_voxel);
}

void VolumeBrick::apply(Sample& sample) const {
  const std::vector<FieldValue> input = std::exchange(sample.values, {});
  const FieldValue& image = input[positions_.image];
  sample.values.push_back(image);
  if (positions_.label) sample.values.push_back(input[*positions_.label]);
  if (options_.distance) {
    const Voxels label = voxels_of(input[*positions_.label], DType::kUInt8, sample);
    sample.values.push_back(distance_value(label, sample));
  }
  sample.values.push_back(input[positions_.scroll]);
  sample.values.push_back(input[*positions_.nonzero_box]);
  for (const size_t other : positions_.others)
    sample.values.push_back(input[other]);
  if (!options_.moments) return;
  const Voxels voxels = voxels_of(image, voxels_, sample);
  append_moments(compute_features(voxels, sample.next_buffer()), sample);
}

size_t volumes_in_flight(uint64_t bytes_each) {
  const uint64_t fitting = kMemoryBytes / std::max<uint64_t>(bytes_each, 1);
  const auto wanted = static_cast<uint64_t>(thread_count()) * kVolumesAThread;
  return static_cast<size_t>(std::clamp<uint64_t>(fitting, 1, wanted));
}

}  // namespace stoker
