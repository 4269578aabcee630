// The signed distance of distance_transform.h. Since it ends at 127 voxels, squares fit in 16 bits
// and the search for the nearest voxel along an axis is short: a scan outwards over whole vectors,
// which ends where no farther voxel can be nearer, beats the envelope of parabolas by far.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/distance_transform.h"

namespace stoker {
namespace {

constexpr int kFar = 128;  // and all that is farther
constexpr int16_t kFarSquared = kFar * kFar;
constexpr int64_t kChunk = 64;  // columns that are scanned together

using Plane = std::vector<int16_t>;

// Steps along z from each voxel to the nearest where `is_target` holds, for the rows y of all
// planes.
template <typename IsTarget>
void steps_along_z(const Zyx& size, const uint8_t* labels, int64_t y, uint8_t* steps,
                   const IsTarget& is_target) {
  const int64_t width = size[2];
  const int64_t plane = size[1] * width;
  for (int64_t z = 0; z < size[0]; ++z) {
    const int64_t row = z * plane + y * width;
    const uint8_t* before = z > 0 ? steps + row - plane : nullptr;
    for (int64_t x = 0; x < width; ++x) {
      const int farther = before != nullptr ? std::min(before[x] + 1, kFar) : kFar;
      steps[row + x] = static_cast<uint8_t>(is_target(labels[row + x]) ? 0 : farther);
    }
  }
  for (int64_t z = size[0] - 2; z >= 0; --z) {
    uint8_t* here = steps + z * plane + y * width;
    const uint8_t* after = here + plane;
    for (int64_t x = 0; x < width; ++x) {
      here[x] = static_cast<uint8_t>(std::min<int>(here[x], after[x] + 1));
    }
  }
}

// out[x] = min over d of near(d)[x] + d^2, for the columns of one chunk, where near(d) are the
// values d steps away on either side, or null past the volume's end.
template <typename Near>
void scan_chunk(const int16_t* start, int64_t count, int16_t* out, const Near& near) {
  int16_t best[kChunk];
  std::fill(std::copy(start, start + count, best), best + kChunk, int16_t{0});
  for (int d = 1; d < kFar; ++d) {
    int16_t largest = 0;
    for (int64_t i = 0; i < kChunk; ++i)
      largest = std::max(largest, best[i]);
    const auto squared = static_cast<int16_t>(d * d);
    if (squared >= largest) break;
    for (const int16_t* values : near(d)) {
      if (values == nullptr) continue;
      for (int64_t i = 0; i < kChunk; ++i) {
        best[i] = std::min(best[i], static_cast<int16_t>(values[i] + squared));
      }
    }
  }
  std::copy(best, best + count, out);
}

// Squares of the steps of a plane, then the nearest along y, then along x; all in place. Rows are
// `pitch` apart and begin kFar columns in, with kFarSquared before and behind.
class PlaneScan {
 public:
  explicit PlaneScan(const Zyx& size)
      : height_(size[1]),
        width_(size[2]),
        pitch_(kFar + (width_ + kChunk - 1) / kChunk * kChunk + kFar + kChunk),
        squares_(static_cast<size_t>(height_ * pitch_), kFarSquared),
        along_y_(static_cast<size_t>(pitch_), kFarSquared) {}

  // squared(y, row): the result, a row at a time.
  template <typename Squared>
  void run(const uint8_t* steps, const Squared& squared) {
    for (int64_t y = 0; y < height_; ++y) {
      int16_t* row = square_row(y);
      for (int64_t x = 0; x < width_; ++x) {
        row[x] = static_cast<int16_t>(steps[y * width_ + x] * steps[y * width_ + x]);
      }
    }
    std::vector<int16_t> result(static_cast<size_t>(width_));
    int16_t* row = along_y_.data() + kFar;
    for (int64_t y = 0; y < height_; ++y) {
      for (int64_t x = 0; x < width_; x += kChunk) {
        const int64_t count = std::min(kChunk, width_ - x);
        scan_chunk(square_row(y) + x, count, row + x, [&](int d) {
          return std::array<const int16_t*, 2>{y - d >= 0 ? square_row(y - d) + x : nullptr,
                                               y + d < height_ ? square_row(y + d) + x : nullptr};
        });
      }
      for (int64_t x = 0; x < width_; x += kChunk) {
        scan_chunk(row + x, std::min(kChunk, width_ - x), result.data() + x, [&](int d) {
          return std::array<const int16_t*, 2>{row + x - d, row + x + d};
        });
      }
      squared(y, result.data());
    }
  }

 private:
  int16_t* square_row(int64_t y) { return squares_.data() + y * pitch_ + kFar; }

  int64_t height_;
  int64_t width_;
  int64_t pitch_;
  Plane squares_;
  std::vector<int16_t> along_y_;
};

int rounded_root(int16_t squared) {
  return static_cast<int>(std::sqrt(static_cast<float>(squared)) + 0.5f);  // never a tie
}

}  // namespace

void signed_surface_distance(const Zyx& size_zyx, std::span<const uint8_t> labels_zyx,
                             std::span<int8_t> out_zyx) {
  const auto voxels = static_cast<size_t>(size_zyx[0] * size_zyx[1] * size_zyx[2]);
  const bool is_empty = size_zyx[0] < 1 || size_zyx[1] < 1 || size_zyx[2] < 1;
  if (is_empty || labels_zyx.size() != voxels || out_zyx.size() != voxels) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("surface distance: {} labels, {} distances, expected {} x {} x {}",
                    labels_zyx.size(), out_zyx.size(), size_zyx[0], size_zyx[1], size_zyx[2]));
  }
  std::vector<uint8_t> to_surface(voxels);
  std::vector<uint8_t> to_other(voxels);
  run_parallel(static_cast<uint64_t>(size_zyx[1]), [&](uint64_t y) {
    const auto row = static_cast<int64_t>(y);
    steps_along_z(size_zyx, labels_zyx.data(), row, to_surface.data(),
                  [](uint8_t label) { return label == 1; });
    steps_along_z(size_zyx, labels_zyx.data(), row, to_other.data(),
                  [](uint8_t label) { return label != 1; });
  });
  const int64_t width = size_zyx[2];
  const int64_t plane = size_zyx[1] * width;
  run_parallel(static_cast<uint64_t>(size_zyx[0]), [&](uint64_t z) {
    PlaneScan scan(size_zyx);
    const int64_t begin = static_cast<int64_t>(z) * plane;
    int8_t* out = out_zyx.data() + begin;
    scan.run(to_surface.data() + begin, [&](int64_t y, const int16_t* squared) {
      for (int64_t x = 0; x < width; ++x) {
        out[y * width + x] = static_cast<int8_t>(std::min(127, rounded_root(squared[x])));
      }
    });
    // 0 so far is inside.
    scan.run(to_other.data() + begin, [&](int64_t y, const int16_t* squared) {
      for (int64_t x = 0; x < width; ++x) {
        const int inside = 1 - rounded_root(squared[x]);
        out[y * width + x] = squared[x] > 0 ? static_cast<int8_t>(inside) : out[y * width + x];
      }
    });
  });
}

}  // namespace stoker
