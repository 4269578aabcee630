// Surface Dice at a tolerance: the share of both masks' surfaces that lies near the other's.
//
// Surface elements sit between voxels, one for each cube of 2 x 2 x 2 that holds both inside and
// outside (outside is everything beyond the volume), and weigh what marching cubes' surface through
// that cube measures. An element counts where the nearest element of the other mask is at most the
// tolerance away.
//
// Thread-safety: free function; runs on many threads, with the same result whatever their number.
// Shapes: masks are z, y, x, x fastest; anything but 0 is inside. Units: voxels, spacing 1. Memory:
// 10 bytes a voxel. Errors: InvalidArgument for masks of another size.
// Source: S. Nikolov et al., "Deep learning to achieve clinically applicable segmentation of head
// and neck anatomy for radiotherapy", 2018; DeepMind's surface-distance, which gives these numbers.
#pragma once

#include <cstdint>
#include <span>

#include "libdata/volume/volume_geometry.h"

namespace stoker {

// 0..1; both masks empty: 1; one of them: 0.
double surface_dice(const Zyx& size_zyx, std::span<const uint8_t> truth_zyx,
                    std::span<const uint8_t> prediction_zyx, double tolerance_voxels);

}  // namespace stoker
