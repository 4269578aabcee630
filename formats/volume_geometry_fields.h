// Where a volume lies in the patient: inline fields that formats with a geometry (NIfTI, nnU-Net)
// fill in and take back.
//
//   spacing  float32 [3]: millimetres from voxel to voxel along z, y, x
//   affine   float32 [4, 4], row-major: voxel (x, y, z, 1) to millimetres, x to the right, y to the
//            front, z up, as NIfTI has it
//
// Thread-safety: pure functions.
#pragma once

#include <array>

#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"

namespace stoker {

inline constexpr const char* kSpacingField = "spacing";
inline constexpr const char* kAffineField = "affine";

struct VolumeGeometry {
  std::array<float, 3> spacing_zyx{1, 1, 1};
  std::array<float, 16> affine{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  bool operator==(const VolumeGeometry&) const = default;
};

Field spacing_field();
Field affine_field();
bool is_spacing_field(const Field& field);  // by name, type and shape
bool is_affine_field(const Field& field);

// Of a sample's fields; an affine that is not there follows from the spacing, a spacing that is not
// there from the affine's columns. Without both: 1 mm.
VolumeGeometry geometry_of(const Schema& schema, const Sample& sample);

// An affine that scales alone.
std::array<float, 16> affine_of(const std::array<float, 3>& spacing_zyx);

}  // namespace stoker
