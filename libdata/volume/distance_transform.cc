#include "libdata/volume/distance_transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

constexpr int64_t kMaxSide = 16384;  // 3 * kMaxSide^2 fits in int32
constexpr int64_t kFar = kNoDistance;
constexpr int64_t kLinesAtOnce = 16;  // neighbours in memory, so that a cache line is used whole

void check_sizes(const Zyx& size, size_t target_count, size_t out_count) {
  for (const int64_t side : size) {
    if (side < 1 || side > kMaxSide) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("distance transform: {} x {} x {} voxels, each side must be 1 to {}",
                              size[0], size[1], size[2], kMaxSide));
    }
  }
  const auto voxels = static_cast<size_t>(size[0] * size[1] * size[2]);
  if (target_count != voxels || out_count != voxels) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("distance transform: {} voxels in, {} out, expected {}", target_count,
                            out_count, voxels));
  }
}

// Squared distance to the nearest target of the same row.
void row_distances(const uint8_t* target, int32_t* out, int64_t count) {
  int64_t last = -kFar;
  for (int64_t x = 0; x < count; ++x) {
    if (target[x] != 0) last = x;
    out[x] = last == -kFar ? kNoDistance : static_cast<int32_t>((x - last) * (x - last));
  }
  last = -kFar;
  for (int64_t x = count - 1; x >= 0; --x) {
    if (target[x] != 0) last = x;
    if (last != -kFar) out[x] = std::min(out[x], static_cast<int32_t>((last - x) * (last - x)));
  }
}

// The lower envelope of the parabolas (u - i)^2 + f[i] over a line, in integers (Meijster et al.).
class Envelope {
 public:
  explicit Envelope(int64_t count)
      : f_(static_cast<size_t>(count)),
        vertex_(static_cast<size_t>(count)),
        from_(static_cast<size_t>(count)) {}

  int64_t& operator[](int64_t i) { return f_[static_cast<size_t>(i)]; }

  // Calls put(u, value) for every place of the line, from the last to the first.
  template <typename Put>
  void transform(const Put& put) {
    const auto count = static_cast<int64_t>(f_.size());
    int64_t top = 0;
    vertex_[0] = 0;
    from_[0] = 0;
    for (int64_t u = 1; u < count; ++u) {
      while (top >= 0 && height(at(from_, top), at(vertex_, top)) > height(at(from_, top), u))
        --top;
      if (top < 0) {
        top = 0;
        vertex_[0] = u;
        continue;
      }
      const int64_t from = 1 + separation(at(vertex_, top), u);
      if (from < count) {
        ++top;
        at(vertex_, top) = u;
        at(from_, top) = from;
      }
    }
    for (int64_t u = count - 1; u >= 0; --u) {
      put(u, height(u, at(vertex_, top)));
      if (u == at(from_, top)) --top;
    }
  }

 private:
  static int64_t& at(std::vector<int64_t>& values, int64_t i) {
    return values[static_cast<size_t>(i)];
  }
  int64_t height(int64_t u, int64_t vertex) const {
    return (u - vertex) * (u - vertex) + f_[static_cast<size_t>(vertex)];
  }
  // The last place where the parabola of i is not above that of a later u.
  int64_t separation(int64_t i, int64_t u) const {
    return (u * u - i * i + f_[static_cast<size_t>(u)] - f_[static_cast<size_t>(i)]) /
           (2 * (u - i));
  }

  std::vector<int64_t> f_;
  std::vector<int64_t> vertex_;
  std::vector<int64_t> from_;
};

// Lines of `count` values `stride` apart, `lines` of them side by side from `values` on.
void transform_lines(int32_t* values, int64_t lines, int64_t count, int64_t stride) {
  std::vector<Envelope> envelopes(static_cast<size_t>(std::min(lines, kLinesAtOnce)),
                                  Envelope(count));
  for (int64_t first = 0; first < lines; first += kLinesAtOnce) {
    const int64_t width = std::min(kLinesAtOnce, lines - first);
    for (int64_t u = 0; u < count; ++u) {
      for (int64_t i = 0; i < width; ++i) {
        envelopes[static_cast<size_t>(i)][u] = values[u * stride + first + i];
      }
    }
    for (int64_t i = 0; i < width; ++i) {
      envelopes[static_cast<size_t>(i)].transform([&](int64_t u, int64_t value) {
        values[u * stride + first + i] = static_cast<int32_t>(std::min(value, kFar));
      });
    }
  }
}

}  // namespace

void squared_distance(const Zyx& size_zyx, std::span<const uint8_t> target_zyx,
                      std::span<int32_t> out_zyx) {
  check_sizes(size_zyx, target_zyx.size(), out_zyx.size());
  const int64_t depth = size_zyx[0];
  const int64_t height = size_zyx[1];
  const int64_t width = size_zyx[2];
  const int64_t plane = height * width;
  run_parallel(static_cast<uint64_t>(depth), [&](uint64_t z) {
    const int64_t begin = static_cast<int64_t>(z) * plane;
    for (int64_t y = 0; y < height; ++y) {
      row_distances(target_zyx.data() + begin + y * width, out_zyx.data() + begin + y * width,
                    width);
    }
    transform_lines(out_zyx.data() + begin, width, height, width);
  });
  run_parallel(static_cast<uint64_t>(height), [&](uint64_t y) {
    transform_lines(out_zyx.data() + static_cast<int64_t>(y) * width, width, depth, plane);
  });
}

}  // namespace stoker
