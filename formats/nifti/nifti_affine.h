// The two ways in which a NIfTI header says where voxels lie: twelve numbers (sform), or a rotation
// as a quaternion with spacing and offset (qform).
//
// Thread-safety: pure functions. Axes i, j, k are x, y, z; results map (i, j, k, 1) to millimetres,
// x to the right, y to the front, z up. Source: nifti1.h, "METHOD 2" and "METHOD 3".
#pragma once

#include <array>
#include <optional>

#include "formats/nifti/nifti_header.h"

namespace stoker {

// Scaling alone.
Affine affine_of_spacing(const std::array<double, 3>& spacing_xyz);

// Method 2. `quaternion` is b, c, d and the offsets in x, y, z; `mirrored` is qfac < 0.
Affine affine_of_quaternion(const std::array<double, 6>& quaternion,
                            const std::array<double, 3>& spacing_xyz, bool mirrored);

struct Quaternion {
  std::array<double, 6> bcd_offsets{};
  bool mirrored = false;
};
// The inverse; nothing where the affine is no rotation with this spacing (it shears, or its axes
// have other lengths).
std::optional<Quaternion> quaternion_of_affine(const Affine& affine,
                                               const std::array<double, 3>& spacing_xyz);

}  // namespace stoker
