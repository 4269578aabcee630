#include "trainer/metrics/surfel_area.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace stoker {
namespace {

// The three corners that share an edge with `corner`, as a set of bits.
unsigned neighbours(unsigned corner) {
  return 1u << (corner ^ 1u) | 1u << (corner ^ 2u) | 1u << (corner ^ 4u);
}

unsigned grow_along_edges(unsigned seed, unsigned inside) {
  for (unsigned before = 0; before != seed;) {
    before = seed;
    for (unsigned corner = 0; corner < 8; ++corner) {
      if (before >> corner & 1u) seed |= neighbours(corner) & inside;
    }
  }
  return seed;
}

// The patch that cuts one edge-connected set of at most four corners from the rest of the cube. Its
// vertices lie at the middles of the edges that leave the set. Triangles with three edges of length
// sqrt(1/2) have area `corner_triangle`.
double patch_area(unsigned set) {
  const double corner_triangle = std::sqrt(3.0) / 8.0;
  int most_neighbours = 0;
  int edges_twice = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    if ((set >> corner & 1u) == 0) continue;
    const int degree = std::popcount(neighbours(corner) & set);
    most_neighbours = std::max(most_neighbours, degree);
    edges_twice += degree;
  }
  switch (std::popcount(set)) {
    case 1:
      return corner_triangle;
    case 2:  // rectangle, 1 by sqrt(1/2)
      return std::sqrt(0.5);
    case 3:  // bent pentagon: half a unit square, and a trapezium of three corner triangles
      return 0.5 + 3.0 * corner_triangle;
    default:
      if (edges_twice == 8) return 1.0;                        // a face: the unit square
      if (most_neighbours == 3) return 6.0 * corner_triangle;  // a corner and its neighbours
      // A path that turns out of its plane: the hexagon is not flat. Marching cubes folds it into
      // one large triangle (sides sqrt(3/2)), two right ones of sqrt(1/8), and a corner triangle.
      return 3.0 * corner_triangle + 2.0 * std::sqrt(0.125) + corner_triangle;
  }
}

double cube_area(unsigned code) {
  // The surface between inside and outside is one surface: take the side with fewer corners. With
  // four on each side the two partitions have equal patches.
  unsigned left = std::popcount(code) <= 4 ? code : ~code & 0xffu;
  const unsigned side = left;
  double area = 0.0;
  while (left != 0) {
    const unsigned set = grow_along_edges(left & (~left + 1u), side);
    area += patch_area(set);
    left &= ~set;
  }
  return area;
}

}  // namespace

std::array<double, 256> surfel_areas() {
  std::array<double, 256> areas{};
  for (unsigned code = 1; code < 255; ++code)
    areas[code] = cube_area(code);
  return areas;
}

}  // namespace stoker
