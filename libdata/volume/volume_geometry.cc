#include "libdata/volume/volume_geometry.h"

namespace stoker {

Zyx Orientation::oriented(const Zyx& source_zyx) const {
  return {source_zyx[source_axis[0]], source_zyx[source_axis[1]], source_zyx[source_axis[2]]};
}

Zyx Orientation::unoriented(const Zyx& result_zyx) const {
  Zyx source_zyx{};
  for (size_t axis = 0; axis < 3; ++axis)
    source_zyx[source_axis[axis]] = result_zyx[axis];
  return source_zyx;
}

Orientation compose(const Orientation& first, const Orientation& second) {
  Orientation both;
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t middle = second.source_axis[axis];
    both.source_axis[axis] = first.source_axis[middle];
    both.reversed[axis] = second.reversed[axis] != first.reversed[middle];
  }
  return both;
}

}  // namespace stoker
