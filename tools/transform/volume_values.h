// Values that are computed from voxels: what volume_brick and scroll6_fields have in common.
//
// Thread-safety: one sample belongs to one thread; computing uses many threads inside. Ownership:
// results lie in the sample's buffers. Errors: Corrupt for bricks that do not match their hashes
// and for a label value outside 0, 1, 2.
#pragma once

#include <optional>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

// Bytes a voxel in a shard: a label, and the signed distance to the surface.
inline constexpr double kLabelShare = 0.03;
inline constexpr double kDistanceShare = 0.2;

// Positions of a volume sample's fields.
struct VolumePositions {
  size_t image = 0;
  std::optional<size_t> label;
  std::optional<size_t> distance;
  size_t scroll = 0;
  std::optional<size_t> nonzero_box;
  std::vector<size_t> others;  // inline fields that nothing is computed from: spacing, affine
};
// InvalidArgument where there is no image or scroll, or no label although `needs_label`.
VolumePositions find_volume_fields(const Schema& schema, bool needs_label);

struct Voxels {
  Zyx size_zyx{};
  DType dtype = DType::kUInt8;
  ByteSpan bytes;  // z, y, x
};

// As the reader left them, else decoded from the value's bricks.
Voxels voxels_of(const FieldValue& value, DType dtype, Sample& sample);

// The signed distance to the surface, as bricks.
FieldValue distance_value(const Voxels& label, Sample& sample);

// Fills `bricks` with the scroll6 channels.
FeatureMoments compute_features(const Voxels& image, Bytes& bricks);
void append_moments(const FeatureMoments& moments, Sample& sample);

}  // namespace stoker
