#include "trainer/metrics/surface_dice.h"

#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/distance_transform.h"
#include "trainer/metrics/surfel_area.h"

namespace stoker {
namespace {

// The grid of 2 x 2 x 2 cubes: cube (z, y, x) holds voxels z-1..z, y-1..y, x-1..x.
Zyx cube_grid(const Zyx& size_zyx) {
  return {size_zyx[0] + 1, size_zyx[1] + 1, size_zyx[2] + 1};
}

// Neighbour codes of one row of cubes (bits as in surfel_area.h); a cube wholly inside gets 0, as
// it has no surface either. `rows` are the voxel rows (z-1, y-1), (z-1, y), (z, y-1), (z, y), null
// outside the volume.
void encode_row(const std::array<const uint8_t*, 4>& rows, int64_t width, uint8_t* codes) {
  unsigned left = 0;
  for (int64_t x = 0; x <= width; ++x) {
    unsigned right = 0;
    if (x < width) {
      for (unsigned r = 0; r < 4; ++r) {
        if (rows[r] != nullptr && rows[r][x] != 0) right |= 1u << r;
      }
    }
    const unsigned code = left | right << 4;
    codes[x] = code == 255 ? uint8_t{0} : static_cast<uint8_t>(code);
    left = right;
  }
}

std::vector<uint8_t> neighbour_codes(const Zyx& size_zyx, std::span<const uint8_t> mask_zyx) {
  const auto [depth, height, width] = size_zyx;
  std::vector<uint8_t> codes(static_cast<size_t>((depth + 1) * (height + 1) * (width + 1)));
  const auto row = [&](int64_t z, int64_t y) -> const uint8_t* {
    if (z < 0 || z >= size_zyx[0] || y < 0 || y >= size_zyx[1]) return nullptr;
    return mask_zyx.data() + (z * size_zyx[1] + y) * size_zyx[2];
  };
  run_parallel(static_cast<uint64_t>(depth + 1), [&](uint64_t slice) {
    const auto z = static_cast<int64_t>(slice);
    for (int64_t y = 0; y <= size_zyx[1]; ++y) {
      encode_row({row(z - 1, y - 1), row(z - 1, y), row(z, y - 1), row(z, y)}, size_zyx[2],
                 codes.data() + (z * (size_zyx[1] + 1) + y) * (size_zyx[2] + 1));
    }
  });
  return codes;
}

struct SurfaceArea {
  double all = 0.0;
  double near = 0.0;  // within the tolerance of the other surface

  void add(const SurfaceArea& other) {
    all += other.all;
    near += other.near;
  }
};

// `other_squared` is the squared distance to the other mask's surface. Summed by slice, so that the
// result is the same at any number of threads.
SurfaceArea measure(const Zyx& grid_zyx, std::span<const uint8_t> codes,
                    std::span<const int32_t> other_squared, double tolerance) {
  const std::array<double, 256> areas = surfel_areas();
  const size_t slice_cubes = static_cast<size_t>(grid_zyx[1] * grid_zyx[2]);
  std::vector<SurfaceArea> slices(static_cast<size_t>(grid_zyx[0]));
  run_parallel(slices.size(), [&](uint64_t z) {
    for (size_t i = z * slice_cubes; i < (z + 1) * slice_cubes; ++i) {
      if (codes[i] == 0) continue;
      const double area = areas[codes[i]];
      slices[z].all += area;
      if (other_squared[i] <= tolerance * tolerance) slices[z].near += area;
    }
  });
  SurfaceArea sum;
  for (const SurfaceArea& slice : slices)
    sum.add(slice);
  return sum;
}

}  // namespace

double surface_dice(const Zyx& size_zyx, std::span<const uint8_t> truth_zyx,
                    std::span<const uint8_t> prediction_zyx, double tolerance_voxels) {
  const auto voxels = static_cast<size_t>(size_zyx[0] * size_zyx[1] * size_zyx[2]);
  if (truth_zyx.size() != voxels || prediction_zyx.size() != voxels) {
    throw Error(ErrorCode::kInvalidArgument, "surface Dice: expected two masks of " +
                                                 std::to_string(voxels) + " voxels, found " +
                                                 std::to_string(truth_zyx.size()) + " and " +
                                                 std::to_string(prediction_zyx.size()));
  }
  const Zyx grid_zyx = cube_grid(size_zyx);
  const std::vector<uint8_t> truth = neighbour_codes(size_zyx, truth_zyx);
  const std::vector<uint8_t> prediction = neighbour_codes(size_zyx, prediction_zyx);
  std::vector<int32_t> squared(truth.size());
  squared_distance(grid_zyx, prediction, squared);
  SurfaceArea sum = measure(grid_zyx, truth, squared, tolerance_voxels);
  squared_distance(grid_zyx, truth, squared);
  sum.add(measure(grid_zyx, prediction, squared, tolerance_voxels));
  return sum.all > 0.0 ? sum.near / sum.all : 1.0;
}

}  // namespace stoker
