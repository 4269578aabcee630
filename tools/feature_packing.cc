#include "tools/feature_packing.h"

#include <algorithm>
#include <filesystem>

#include "libdata/core/error.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"
#include "tools/labelled_volume.h"
#include "tools/listed_volume.h"
#include "tools/volume_record.h"

namespace stoker {
namespace {

// Bytes a voxel, in memory while features are computed, and in a shard.
constexpr double kFeatureBytes = 12.05;
constexpr double kVoxelBytes = 2.6;  // image, label being decoded, its bricks
constexpr double kDistanceBytes = 10;
constexpr double kLabelShare = 0.03;
constexpr double kDistanceShare = 0.2;

void read_voxels(const BrickVolume& volume, ByteSpan blob, Bytes& voxels) {
  voxels.resize(volume.shape().byte_count());
  RegionOptions options;
  options.check_hashes = true;
  read_region(volume, blob, {{0, 0, 0}, volume.shape().size_zyx}, voxels, options);
}

}  // namespace

Schema feature_schema(const FeatureFields& fields) {
  Schema schema;
  schema.fields = {features_field()};
  if (fields.labels) schema.fields.push_back(label_field());
  if (fields.distance) schema.fields.push_back(distance_field());
  schema.fields.push_back(fields.scroll);
  schema.fields.push_back(nonzero_box_field());
  schema.fields.push_back(feature_moment_field(kFeatureMeanField));
  schema.fields.push_back(feature_moment_field(kFeatureStdField));
  return schema;
}

uint64_t feature_working_bytes(uint64_t largest_voxel_count, bool distance) {
  const double a_voxel = kFeatureBytes + kVoxelBytes + (distance ? kDistanceBytes : 0);
  return static_cast<uint64_t>(static_cast<double>(largest_voxel_count) * a_voxel);
}

double feature_bytes_per_voxel(bool distance) {
  return kFeatureBytes + kLabelShare + (distance ? kDistanceShare : 0);
}

void TiffFeatureEncoder::encode(uint64_t index, EncodedSample& sample) const {
  const VolumeItem& item = listing_.items[index];
  begin_volume(sample);
  LabelledOutputs outputs;
  outputs.image_voxels = &sample.buffers[kImageVoxels];
  if (kind_.labels) outputs.label_bricks = &sample.buffers[kLabelBricks];
  if (distance_) outputs.label_voxels = &sample.buffers[kLabelVoxels];
  const DType voxels = kind_.voxels.dtype;
  const LabelledFacts facts = read_listed_volume(item, voxels, outputs, sample);
  const Zyx& size = facts.size_zyx;
  const FeatureMoments moments = compute_features(size, voxels, sample);
  append_features(size, sample);
  if (kind_.labels) append_label(size, sample);
  if (distance_) append_distance(size, sample);
  append_scroll(item.scroll, sample);
  append_nonzero_box(facts.nonzero_box, sample);
  append_moments(moments, sample);
}

PackedFeatureEncoder::PackedFeatureEncoder(const PackedDataset& volumes, bool distance)
    : volumes_(volumes), distance_(distance) {
  const Schema& schema = volumes.schema();
  const size_t image = schema.require(kImageField);
  const std::optional<size_t> label = schema.find(kLabelField);
  if (distance) schema.require(kLabelField);
  schema.require(kScrollField);
  for (size_t split = 0; split < volumes.splits().size(); ++split) {
    for (const ShardReader& shard : volumes.splits()[split].shards()) {
      for (uint64_t sample = 0; sample < shard.sample_count(); ++sample) {
        places_.push_back({&shard, sample});
        PlannedItem item;
        item.name = shard.name(sample);
        item.split = split;
        const BlobView image_blob = shard.blob(sample, image);
        const auto voxels =
            static_cast<double>(image_blob.bytes.size() / dtype_size(schema.fields[image].dtype));
        item.estimated_bytes = static_cast<uint64_t>(voxels * feature_bytes_per_voxel(distance));
        item.content_key = image_blob.hash * 0x9e3779b97f4a7c15u;
        if (label) item.content_key += shard.blob(sample, *label).hash;
        items_.push_back(std::move(item));
      }
    }
  }
}

std::vector<std::string> PackedFeatureEncoder::splits() const {
  std::vector<std::string> names;
  for (const PackedSplit& split : volumes_.splits())
    names.push_back(split.name());
  return names;
}

uint64_t PackedFeatureEncoder::voxel_count(uint64_t item) const {
  const Place& place = places_[item];
  const Extents extents =
      place.shard->blob(place.sample, volumes_.schema().require(kImageField)).shape;
  return uint64_t{extents[0]} * extents[1] * extents[2];
}

ByteSpan PackedFeatureEncoder::checked_blob(const Place& place, size_t field) const {
  place.shard->check_record(place.sample, field);
  return place.shard->blob(place.sample, field).bytes;
}

void PackedFeatureEncoder::encode(uint64_t item, EncodedSample& sample) const {
  const Place& place = places_[item];
  const Schema& schema = volumes_.schema();
  begin_volume(sample);
  sample.source_file = std::filesystem::path(place.shard->path()).filename().string();
  try {
    const BlobView image = place.shard->blob(place.sample, schema.require(kImageField));
    sample.source_offset_bytes = image.offset_bytes;
    const BrickVolume image_bricks = parse_bricks(image.bytes);
    const Zyx size = image_bricks.shape().size_zyx;
    read_voxels(image_bricks, image.bytes, sample.buffers[kImageVoxels]);
    const DType voxels = image_bricks.shape().dtype;
    const FeatureMoments moments = compute_features(size, voxels, sample);
    append_features(size, sample);

    ByteSpan label;
    if (const auto label_field = schema.find(kLabelField)) {
      label = checked_blob(place, *label_field);
      append_bricks(label, size, sample);
    }
    const auto stored_distance = schema.find(kDistanceField);
    if (stored_distance) {
      append_bricks(checked_blob(place, *stored_distance), size, sample);
    } else if (distance_) {
      read_voxels(parse_bricks(label), label, sample.buffers[kLabelVoxels]);
      append_distance(size, sample);
    }
    append_inline(place.shard->inline_bytes(place.sample, schema.require(kScrollField)), sample);
    append_nonzero_box(nonzero_box(size, voxels, sample.buffers[kImageVoxels]), sample);
    append_moments(moments, sample);
  } catch (const Error& error) {
    throw error.at(place.shard->path());
  }
}

}  // namespace stoker
