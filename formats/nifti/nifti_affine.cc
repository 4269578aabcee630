#include "formats/nifti/nifti_affine.h"

#include <algorithm>
#include <cmath>

namespace stoker {
namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

constexpr double kTolerance = 1e-5;  // of directions, whose entries are -1 to 1

double determinant(const Matrix& m) {
  return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
         m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
         m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

// a, b, c, d of a rotation, a >= 0; by the largest of the four, which divides the others.
std::array<double, 4> quaternion_of_rotation(const Matrix& r) {
  const double a = 1 + r[0][0] + r[1][1] + r[2][2];
  const double b = 1 + r[0][0] - r[1][1] - r[2][2];
  const double c = 1 - r[0][0] + r[1][1] - r[2][2];
  const double d = 1 - r[0][0] - r[1][1] + r[2][2];
  std::array<double, 4> q{};
  const double largest = std::max({a, b, c, d});
  const double twice = std::sqrt(largest);  // of the largest, doubled
  if (largest == a) {
    q = {twice * twice, r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]};
  } else if (largest == b) {
    q = {r[2][1] - r[1][2], twice * twice, r[0][1] + r[1][0], r[0][2] + r[2][0]};
  } else if (largest == c) {
    q = {r[0][2] - r[2][0], r[0][1] + r[1][0], twice * twice, r[1][2] + r[2][1]};
  } else {
    q = {r[1][0] - r[0][1], r[0][2] + r[2][0], r[1][2] + r[2][1], twice * twice};
  }
  const double sign = q[0] < 0 ? -1 : 1;
  for (double& value : q)
    value *= sign / (2 * twice);
  return q;
}

}  // namespace

Affine affine_of_spacing(const std::array<double, 3>& spacing_xyz) {
  Affine affine{};
  for (size_t axis = 0; axis < 3; ++axis)
    affine[axis][axis] = spacing_xyz[axis];
  affine[3][3] = 1;
  return affine;
}

Affine affine_of_quaternion(const std::array<double, 6>& quaternion,
                            const std::array<double, 3>& spacing_xyz, bool mirrored) {
  double b = quaternion[0];
  double c = quaternion[1];
  double d = quaternion[2];
  constexpr double kNearlyHalfATurn = 1e-7;
  double a = 1 - (b * b + c * c + d * d);
  if (a < kNearlyHalfATurn) {
    const double shrink = 1 / std::sqrt(b * b + c * c + d * d);
    b *= shrink;
    c *= shrink;
    d *= shrink;
    a = 0;
  } else {
    a = std::sqrt(a);
  }
  const Matrix r{{{a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)},
                  {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)},
                  {2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b}}};
  Affine affine{};
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) {
      const double sign = mirrored && column == 2 ? -1 : 1;
      affine[row][column] = r[row][column] * spacing_xyz[column] * sign;
    }
    affine[row][3] = quaternion[row + 3];
  }
  affine[3][3] = 1;
  return affine;
}

std::optional<Quaternion> quaternion_of_affine(const Affine& affine,
                                               const std::array<double, 3>& spacing_xyz) {
  Matrix r{};
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) {
      r[row][column] = affine[row][column] / spacing_xyz[column];
      if (!std::isfinite(r[row][column]) || !std::isfinite(affine[row][3])) return std::nullopt;
    }
  }
  Quaternion result;
  result.mirrored = determinant(r) < 0;
  if (result.mirrored)
    for (auto& row : r)
      row[2] = -row[2];
  const std::array<double, 4> q = quaternion_of_rotation(r);
  for (size_t i = 0; i < 3; ++i) {
    result.bcd_offsets[i] = q[i + 1];
    result.bcd_offsets[i + 3] = affine[i][3];
  }
  const Affine again = affine_of_quaternion(result.bcd_offsets, spacing_xyz, result.mirrored);
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) {
      const double off = (again[row][column] - affine[row][column]) / spacing_xyz[column];
      if (!(std::abs(off) < kTolerance)) return std::nullopt;
    }
  }
  return result;
}

}  // namespace stoker
