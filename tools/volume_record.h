// The pieces that volume records are made of: each field's schema, and its value computed from the
// voxels in the sample's buffers. Shared by pack-volumes and precompute-features; what the fields
// mean is said in libdata/volume/volume_fields.h.
//
// Thread-safety: one sample belongs to one thread; computing uses many threads inside. Ownership:
// values refer to the sample's buffers, or to bytes the caller keeps. Errors: Corrupt for a label
// value outside 0, 1, 2.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "libdata/shard/packing.h"
#include "libdata/shard/schema.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

// How image voxels are stored.
struct ImageVoxels {
  DType dtype = DType::kUInt8;
  bool rounded_from_16_bits = false;
};

Field image_field(const ImageVoxels& voxels);
Field label_field();
Field distance_field();
Field features_field();
Field scroll_field(const std::vector<std::string>& scroll_names);  // empty: scrolls are numbers
Field nonzero_box_field();
Field feature_moment_field(const char* name);

// Buffers of a sample, kept from volume to volume.
enum VolumeBuffer : size_t {
  kImageVoxels,  // z, y, x
  kLabelVoxels,
  kDistanceVoxels,
  kImageBricks,
  kLabelBricks,
  kDistanceBricks,
  kFeatureBricks,
  kScrollBytes,
  kBoxBytes,
  kMeanBytes,
  kStdBytes,
  kVolumeBufferCount
};

// Empties the sample and gives it its buffers.
void begin_volume(EncodedSample& sample);

// Each appends one value, except compute_features, which fills kFeatureBricks alone, and
// append_moments, which appends two. Image and label are in their bricks' buffers already;
// append_distance reads kLabelVoxels, compute_features kImageVoxels.
void append_image(const Zyx& size_zyx, EncodedSample& sample);
void append_label(const Zyx& size_zyx, EncodedSample& sample);
void append_distance(const Zyx& size_zyx, EncodedSample& sample);
void append_scroll(int64_t scroll, EncodedSample& sample);
void append_nonzero_box(const std::array<int32_t, 6>& box, EncodedSample& sample);
FeatureMoments compute_features(const Zyx& size_zyx, DType voxels, EncodedSample& sample);
void append_features(const Zyx& size_zyx, EncodedSample& sample);
void append_moments(const FeatureMoments& moments, EncodedSample& sample);

// Brick blobs that are stored already, carried over as they are.
void append_bricks(ByteSpan blob, const Zyx& size_zyx, EncodedSample& sample);
void append_inline(ByteSpan bytes, EncodedSample& sample);

}  // namespace stoker
