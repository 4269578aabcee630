// The schemas of the fields in volume_fields.h, and their values from bytes that are there.
//
// Thread-safety: pure functions. Ownership: a value refers to the bytes it was made of.
#pragma once

#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

// Whether a field holds volumes: a blob with axes ZYX or CZYX; whether any of a schema does.
bool is_volume_field(const Field& field);
bool has_volumes(const Schema& schema);

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

// A volume as bricks (bricks.h), or as plain voxels: z, y, x, with one channel; c, z, y, x with
// more.
FieldValue bricks_value(ByteSpan blob, const Zyx& size_zyx, int64_t channels = 1);
FieldValue voxels_value(ByteSpan voxels, const Zyx& size_zyx);
// Of a value with one channel.
Zyx volume_size(const FieldValue& value);

// Numbers in order, copied into a buffer of the sample.
template <typename Values>
FieldValue inline_value(const Values& values, Sample& sample) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  Bytes& buffer = sample.next_buffer();
  buffer.assign(bytes, bytes + values.size() * sizeof(values[0]));
  FieldValue value;
  value.bytes = buffer;
  return value;
}

}  // namespace stoker
