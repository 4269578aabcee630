// Small packed splits of drawn volumes, on disk under the test's own temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "libdata/core/random.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/shard_writer.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/distance_transform.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"
#include "tests/temp_folder.h"
#include "tests/volume/test_volumes.h"

namespace stoker {

struct DrawnVolume {
  Zyx size_zyx;
  Bytes image;
  Bytes label;
  std::vector<int8_t> distance;
  std::vector<uint16_t> features;
  FeatureMoments moments;
};

inline DrawnVolume draw_volume(const Zyx& size_zyx, uint64_t number) {
  DrawnVolume volume;
  volume.size_zyx = size_zyx;
  volume.label = make_labels(size_zyx);
  RandomStream random(number, 0, 0);
  for (const uint8_t label : volume.label) {
    volume.image.push_back(static_cast<uint8_t>(60 * label + random.next_below(100)));
  }
  volume.distance.resize(volume.label.size());
  signed_surface_distance(size_zyx, volume.label, volume.distance);
  volume.features.resize(6 * volume.image.size());
  volume.moments = compute_scroll6(size_zyx, volume.image, volume.features);
  return volume;
}

class VolumeSplitTest : public FolderTest {
 protected:
  static Schema schema() {
    const auto bricks = [](const char* name, DType dtype, const char* axes) {
      Field field;
      field.name = name;
      field.dtype = dtype;
      field.axes = axes;
      return field;
    };
    const auto in_index = [](const char* name, DType dtype, int64_t count) {
      Field field;
      field.name = name;
      field.storage = Storage::kInline;
      field.dtype = dtype;
      if (count > 0) {
        field.axes = "C";
        field.shape = {count};
      }
      return field;
    };
    Schema schema{
        {bricks(kImageField, DType::kUInt8, "ZYX"), bricks(kLabelField, DType::kUInt8, "ZYX"),
         bricks(kDistanceField, DType::kInt8, "ZYX"),
         bricks(kFeaturesField, DType::kFloat16, "CZYX"), in_index(kScrollField, DType::kInt64, 0),
         in_index(kFeatureMeanField, DType::kFloat32, 6),
         in_index(kFeatureStdField, DType::kFloat32, 6)}};
    schema.fields[3].definition = kScroll6Definition;
    return schema;
  }

  // One shard; volume i belongs to scroll 100 + i.
  PackedSplit write_split(const std::vector<DrawnVolume>& volumes) {
    path_ = folder_ / shard_file_name("train", 0, 1);
    ShardHeader header;
    header.alignment_bytes = 4096;
    ShardWriter writer(path_, header, schema());
    for (size_t i = 0; i < volumes.size(); ++i)
      append(writer, volumes[i], i);
    ShardMeta meta;
    meta.split = "train";
    writer.finish(meta);
    return open_split();
  }

  PackedSplit open_split() const {
    std::vector<ShardReader> shards;
    shards.emplace_back(path_);
    return PackedSplit("train", std::move(shards));
  }

  static std::vector<DrawnVolume> drawn_volumes() {
    return {draw_volume({48, 50, 70}, 0), draw_volume({64, 40, 33}, 1),
            draw_volume({40, 64, 64}, 2)};
  }

  std::filesystem::path path_;
  BrickContent label_content_ = BrickContent::kLabel;  // kIntensity takes any value

 private:
  static ByteSpan bytes_of(const auto& values) {
    return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(values[0])};
  }

  void append(ShardWriter& writer, const DrawnVolume& volume, size_t number) const {
    const Zyx& size = volume.size_zyx;
    const std::array<Bytes, 4> blobs{
        encode_bricks({size, 1, DType::kUInt8}, volume.image, BrickContent::kIntensity),
        encode_bricks({size, 1, DType::kUInt8}, volume.label, label_content_),
        encode_bricks({size, 1, DType::kInt8}, bytes_of(volume.distance), BrickContent::kDistance),
        encode_bricks({size, 6, DType::kFloat16}, bytes_of(volume.features),
                      BrickContent::kIntensity)};
    std::array<FieldValue, 7> values;
    const auto extent = [&](size_t axis) { return static_cast<uint32_t>(size[axis]); };
    for (size_t i = 0; i < 4; ++i) {
      values[i].bytes = blobs[i];
      values[i].codec = Codec::kBricks;
      values[i].shape = i == 3 ? Extents{6, extent(0), extent(1), extent(2)}
                               : Extents{extent(0), extent(1), extent(2), 0};
      values[i].original_shape = values[i].shape;
    }
    const std::array<int64_t, 1> scroll{static_cast<int64_t>(100 + number)};
    std::array<float, 6> mean;
    std::array<float, 6> stddev;
    for (size_t c = 0; c < 6; ++c) {
      mean[c] = static_cast<float>(volume.moments.mean[c]);
      stddev[c] = static_cast<float>(volume.moments.stddev[c]);
    }
    values[4].bytes = bytes_of(scroll);
    values[5].bytes = bytes_of(mean);
    values[6].bytes = bytes_of(stddev);
    writer.append("volume_" + std::to_string(number), values);
  }
};

}  // namespace stoker
