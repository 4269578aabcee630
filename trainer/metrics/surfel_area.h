// The surface that marching cubes draws through a cube of 2 x 2 x 2 voxels, as an area.
//
// Thread-safety: free function, pure. Units: voxel edges squared; spacing 1 along each axis.
// Source: W. Lorensen, H. Cline, "Marching Cubes", 1987, with vertices at the middles of edges: the
// areas that DeepMind's surface-distance uses as its surface elements ("surfels").
#pragma once

#include <array>

namespace stoker {

// By neighbour code: bit 4 dx + 2 dz + dy is set where voxel (dz, dy, dx) of the cube is inside.
// Codes 0 and 255 have no surface.
std::array<double, 256> surfel_areas();

}  // namespace stoker
