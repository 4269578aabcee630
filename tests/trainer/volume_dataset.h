// Small packed volumes that tests write themselves, with the fields, names and voxels they need.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/shard_writer.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/volume_fields.h"

namespace stoker::testing {

struct TestVolume {
  std::string name;
  Zyx size_zyx{0, 0, 0};
  Bytes image;   // uint8, or the bytes of uint16
  Bytes labels;  // empty: a data set without labels
};

inline Field brick_field(const char* name, DType dtype) {
  Field field;
  field.name = name;
  field.dtype = dtype;
  field.axes = "ZYX";
  return field;
}

// Split `split`, one shard. Precondition: all volumes have labels, or none.
inline void write_volume_dataset(const std::filesystem::path& folder, const std::string& split,
                                 const std::vector<TestVolume>& volumes,
                                 DType dtype = DType::kUInt8) {
  std::filesystem::create_directories(folder);
  Schema schema;
  schema.fields = {brick_field(kImageField, dtype)};
  if (!volumes.front().labels.empty()) {
    schema.fields.push_back(brick_field(kLabelField, DType::kUInt8));
  }
  ShardHeader header;
  header.fingerprint = 5;
  header.shard_count = 1;
  header.alignment_bytes = 4096;
  ShardWriter writer(folder / shard_file_name(split, 0, 1), header, schema);
  for (const TestVolume& volume : volumes) {
    const std::vector<Bytes> blobs{
        encode_bricks({volume.size_zyx, 1, dtype}, volume.image, BrickContent::kIntensity),
        volume.labels.empty() ? Bytes()
                              : encode_bricks({volume.size_zyx, 1, DType::kUInt8}, volume.labels,
                                              BrickContent::kLabel)};
    std::vector<FieldValue> values(schema.fields.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const auto extent = [&](size_t axis) { return static_cast<uint32_t>(volume.size_zyx[axis]); };
      values[i].bytes = blobs[i];
      values[i].codec = Codec::kBricks;
      values[i].shape = values[i].original_shape = {extent(0), extent(1), extent(2), 0};
    }
    writer.append(volume.name, values);
  }
  Manifest manifest;
  manifest.tool = "test";
  manifest.tool_version = "1";
  manifest.fingerprint = 5;
  manifest.schema = schema;
  ShardMeta meta;
  meta.split = split;
  manifest.splits = {{split, {writer.finish(meta)}}};
  write_manifest(folder / kManifestName, manifest);
}

// Turns one bit of the stored voxels of a field of a sample, in its last byte. Returns its offset.
inline uint64_t damage_blob(const std::filesystem::path& folder, const std::string& split,
                            uint64_t sample, const char* field) {
  uint64_t at = 0;
  std::string file;
  {
    const PackedDataset dataset(folder);
    const PackedSplit& packed = dataset.split(split);
    const BlobView blob = packed.blob(sample, dataset.schema().require(field));
    at = blob.offset_bytes + blob.bytes.size() - 1;  // of the last brick
    file = packed.shards().front().path();
  }
  Bytes bytes = read_file(file);
  bytes[at] ^= 1;
  write_file_atomically(file, ByteSpan(bytes));
  return at;
}

// A gray ramp with a brighter sheet across y, and labels that say so.
inline TestVolume draw_test_volume(const std::string& name, const Zyx& size_zyx, bool with_labels) {
  TestVolume volume{name, size_zyx, {}, {}};
  for (int64_t z = 0; z < size_zyx[0]; ++z) {
    for (int64_t y = 0; y < size_zyx[1]; ++y) {
      for (int64_t x = 0; x < size_zyx[2]; ++x) {
        const bool sheet = y >= size_zyx[1] / 2 && y < size_zyx[1] / 2 + 4;
        volume.image.push_back(static_cast<uint8_t>((sheet ? 150 : 40) + (x * 7 + z * 3) % 50));
        if (with_labels) volume.labels.push_back(sheet ? 1 : 0);
      }
    }
  }
  return volume;
}

// The same voxels as 16 bits: 257 v, which is v * 65535 / 255.
inline Bytes widened(const Bytes& voxels) {
  Bytes wide;
  for (const uint8_t voxel : voxels) {
    wide.push_back(voxel);  // 257 v is v in both bytes
    wide.push_back(voxel);
  }
  return wide;
}

}  // namespace stoker::testing
