#include "formats/volume_geometry_fields.h"

#include <cmath>
#include <cstring>
#include <optional>

namespace stoker {
namespace {

Field float_field(const char* name, const char* axes, std::vector<int64_t> shape) {
  Field field;
  field.name = name;
  field.storage = Storage::kInline;
  field.dtype = DType::kFloat32;
  field.axes = axes;
  field.shape = std::move(shape);
  field.unit = "mm";
  return field;
}

bool is_like(const Field& field, const Field& model) {
  return field.name == model.name && field.storage == model.storage && field.dtype == model.dtype &&
         field.shape == model.shape;
}

template <size_t kCount>
std::optional<std::array<float, kCount>> values_of(const Schema& schema, const Sample& sample,
                                                   bool (*is)(const Field&)) {
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    std::array<float, kCount> values;
    if (!is(schema.fields[f]) || sample.values[f].bytes.size() != sizeof(values)) continue;
    std::memcpy(values.data(), sample.values[f].bytes.data(), sizeof(values));
    return values;
  }
  return std::nullopt;
}

}  // namespace

Field spacing_field() {
  Field field = float_field(kSpacingField, "A", {3});
  field.definition = "from voxel to voxel along z, y, x";
  return field;
}

Field affine_field() {
  Field field = float_field(kAffineField, "IJ", {4, 4});
  field.definition = "voxel (x, y, z, 1) to right, front, up";
  return field;
}

bool is_spacing_field(const Field& field) {
  return is_like(field, spacing_field());
}
bool is_affine_field(const Field& field) {
  return is_like(field, affine_field());
}

std::array<float, 16> affine_of(const std::array<float, 3>& spacing_zyx) {
  std::array<float, 16> affine{};
  for (size_t axis = 0; axis < 3; ++axis)
    affine[axis * 5] = spacing_zyx[2 - axis];
  affine[15] = 1;
  return affine;
}

VolumeGeometry geometry_of(const Schema& schema, const Sample& sample) {
  VolumeGeometry geometry;
  const auto spacing = values_of<3>(schema, sample, is_spacing_field);
  const auto affine = values_of<16>(schema, sample, is_affine_field);
  if (spacing) geometry.spacing_zyx = *spacing;
  if (affine) geometry.affine = *affine;
  if (spacing && !affine) geometry.affine = affine_of(*spacing);
  if (affine && !spacing) {
    for (size_t axis = 0; axis < 3; ++axis) {
      const float x = (*affine)[axis];
      const float y = (*affine)[axis + 4];
      const float z = (*affine)[axis + 8];
      geometry.spacing_zyx[2 - axis] = std::hypot(x, y, z);
    }
  }
  return geometry;
}

}  // namespace stoker
