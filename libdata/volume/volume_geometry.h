// Positions, boxes and orientations of volumes. Axes are always in the order z, y, x; units are
// voxels. Plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace stoker {

using Zyx = std::array<int64_t, 3>;

struct Box {
  Zyx begin_zyx{0, 0, 0};
  Zyx size_zyx{0, 0, 0};

  int64_t voxel_count() const { return size_zyx[0] * size_zyx[1] * size_zyx[2]; }
  int64_t end(size_t axis) const { return begin_zyx[axis] + size_zyx[axis]; }
  bool operator==(const Box&) const = default;
};

// One of the 48 symmetries of the cube: axis a of the result runs along axis `source_axis[a]` of
// the source, backwards where `reversed[a]`.
struct Orientation {
  std::array<uint8_t, 3> source_axis{0, 1, 2};
  std::array<bool, 3> reversed{false, false, false};

  bool is_identity() const { return *this == Orientation{}; }
  // Flips alone move no axis: what features that tell y from x survive.
  bool keeps_axes() const { return source_axis == std::array<uint8_t, 3>{0, 1, 2}; }
  // The size of the result, given that of the source, and the other way round.
  Zyx oriented(const Zyx& source_zyx) const;
  Zyx unoriented(const Zyx& result_zyx) const;
  bool operator==(const Orientation&) const = default;
};

// `second` after `first`.
Orientation compose(const Orientation& first, const Orientation& second);

}  // namespace stoker
