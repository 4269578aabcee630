// Exact Euclidean distance transforms of volumes.
//
// Thread-safety: free functions; one call uses many threads (run_parallel). Distances are between
// voxel centres, in voxels. Errors: InvalidArgument for spans that do not fit the size.
// Source: P. Felzenszwalb, D. Huttenlocher, "Distance Transforms of Sampled Functions", Theory of
// Computing 8, 2012; A. Meijster, J. Roerdink, W. Hesselink, "A General Algorithm for Computing
// Distance Transforms in Linear Time", 2000.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "libdata/volume/volume_geometry.h"

namespace stoker {

// Where there is no target voxel at all.
inline constexpr int32_t kNoDistance = std::numeric_limits<int32_t>::max();

// For every voxel the squared distance to the nearest voxel of `target_zyx` that is not 0; exact.
// As scipy.ndimage.distance_transform_edt(target == 0) ** 2. Sizes up to 16,384 along each axis.
void squared_distance(const Zyx& size_zyx, std::span<const uint8_t> target_zyx,
                      std::span<int32_t> out_zyx);

// Signed distance to the surface (label value 1), rounded to the nearest voxel and clamped to
// -127..127, with d the distance between voxel centres:
//   outside (label 0 or 2)  d to the nearest surface voxel: 1 and more
//   inside  (label 1)       1 - d to the nearest voxel that is not surface: 0 and less
// so that 0 is the rim of the surface, and neighbours along an axis differ by 1 at most. A volume
// without surface is 127 everywhere, one of surface alone -127 everywhere.
// This is the distance of H. Kervadec et al., "Boundary loss for highly unbalanced segmentation",
// MIDL 2019.
void signed_surface_distance(const Zyx& size_zyx, std::span<const uint8_t> labels_zyx,
                             std::span<int8_t> out_zyx);

}  // namespace stoker
