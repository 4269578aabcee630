#include "libdata/volume/features.h"

#include <fmt/format.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/feature_kernel.h"
#include "libdata/volume/feature_moment_table.h"

namespace stoker {
namespace {

template <typename Voxel>
const FeatureKernel& kernel_of(const FeatureOptions& options) {
  constexpr bool kWide = sizeof(Voxel) == 2;
  switch (options.kernel.value_or(best_kernel_level())) {
#if defined(__x86_64__)
    case KernelLevel::kAvx512:
      return kWide ? kAvx512FeatureKernel16 : kAvx512FeatureKernel;
    case KernelLevel::kAvx2:
      return kWide ? kAvx2FeatureKernel16 : kAvx2FeatureKernel;
#endif
    default:
      return kWide ? kPortableFeatureKernel16 : kPortableFeatureKernel;
  }
}

// exp(-i^2 / 2 sigma^2), normalised to 1 over -radius .. radius; computed in double.
void set_weights(FeatureJob& job) {
  constexpr double kSigmaVoxels[kSigmas] = {1.0, 1.5, 2.0, 3.0};
  for (int s = 0; s < kSigmas; ++s) {
    double weights[kMaxRadius + 1] = {};
    double total = 0;
    for (int i = 0; i <= kRadii[s]; ++i) {
      weights[i] = std::exp(-i * i / (2 * kSigmaVoxels[s] * kSigmaVoxels[s]));
      total += i == 0 ? weights[i] : 2 * weights[i];
    }
    for (int i = 0; i <= kMaxRadius; ++i) {
      job.weights[s][i] = static_cast<float>(weights[i] / total);
    }
  }
}

// Scratch memory of a thread, kept between calls.
float* thread_scratch(size_t bytes) {
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  thread_local std::unique_ptr<float, Free> memory;
  thread_local size_t capacity = 0;
  if (capacity < bytes) {
    constexpr size_t kAlignment = 64;
    const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    memory.reset(static_cast<float*>(std::aligned_alloc(kAlignment, rounded)));
    capacity = 0;
    if (memory == nullptr) throw std::bad_alloc();
    std::memset(memory.get(), 0, rounded);
    capacity = rounded;
  }
  return memory.get();
}

// Writes past the cache: features are twelve times their input, and nobody reads them soon.
void stream_row(uint8_t* to, const uint16_t* row, size_t bytes) {
#if defined(__x86_64__)
  if (reinterpret_cast<uintptr_t>(to) % 16 == 0 && bytes % 16 == 0) {
    const auto* from = reinterpret_cast<const __m128i*>(row);
    for (size_t i = 0; i < bytes / 16; ++i) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(to) + i, _mm_loadu_si128(from + i));
    }
    return;
  }
#endif
  std::memcpy(to, row, bytes);
}

void finish_streaming() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// Where rows go: a planar buffer of a box, or the bricks of a whole volume.
struct PlanarSink {
  Box box;
  uint16_t* out_czyx;

  void store(int channel, int64_t z, int64_t y, int64_t count, const uint16_t* rows,
             int64_t pitch) const {
    const Zyx& size = box.size_zyx;
    const int64_t at =
        ((channel * size[0] + z - box.begin_zyx[0]) * size[1] + y - box.begin_zyx[1]) * size[2];
    for (int64_t i = 0; i < count; ++i) {
      stream_row(reinterpret_cast<uint8_t*>(out_czyx + at + i * size[2]), rows + i * pitch,
                 static_cast<size_t>(size[2]) * sizeof(uint16_t));
    }
  }
};

struct BrickSink {
  const RawBricks* bricks;
  uint8_t* blob;

  // The rows lie in one layer of bricks: boxes are cut between bricks, and blocks of rows begin at
  // multiples of their height there.
  void store(int channel, int64_t z, int64_t y, int64_t count, const uint16_t* rows,
             int64_t pitch) const {
    const BrickGrid& grid = bricks->grid();
    for (int64_t bx = 0; bx < grid.grid_zyx[2]; ++bx) {
      const Zyx place{z / kBrickEdge, y / kBrickEdge, bx};
      const Zyx size = grid.box(place).size_zyx;
      const int64_t at =
          ((channel * size[0] + z % kBrickEdge) * size[1] + y % kBrickEdge) * size[2];
      uint8_t* to =
          blob + bricks->offset(grid.index(place)) + static_cast<size_t>(at) * sizeof(uint16_t);
      const size_t row_bytes = static_cast<size_t>(size[2]) * sizeof(uint16_t);
      for (int64_t i = 0; i < count; ++i) {
        stream_row(to + static_cast<size_t>(i) * row_bytes, rows + i * pitch + bx * kBrickEdge,
                   row_bytes);
      }
    }
  }
};

template <typename Sink>
struct JobContext {
  const Sink& sink;
  MomentTable* moments;
};

template <typename Sink>
void run_box(const FeatureKernel& kernel, FeatureJob job, const Sink& sink, MomentTable* moments) {
  JobContext<Sink> context{sink, moments};
  job.context = &context;
  job.store_rows = [](void* self, int channel, int64_t z, int64_t y, int64_t count,
                      const uint16_t* rows, int64_t pitch) {
    static_cast<JobContext<Sink>*>(self)->sink.store(channel, z, y, count, rows, pitch);
  };
  job.add_moments = nullptr;
  if (moments != nullptr) {
    job.add_moments = [](void* self, int first_channel, int64_t z, int64_t y,
                         const RowMoments& row) {
      static_cast<JobContext<Sink>*>(self)->moments->add(first_channel, z, y, row);
    };
  }
  job.scratch = thread_scratch(kernel.scratch_bytes(job.box));
  kernel.run(job);
  finish_streaming();
}

// Boxes of whole rows, cut between bricks, enough of them to keep every thread busy.
std::vector<Box> cut_volume(const Zyx& size_zyx) {
  const BrickGrid grid(size_zyx);
  const int64_t wanted = 4 * thread_count();
  int64_t strip_bricks = grid.grid_zyx[1];
  // Every strip smooths 24 rows more than it has: not below two bricks.
  while (grid.grid_zyx[0] * (grid.grid_zyx[1] / strip_bricks) < wanted && strip_bricks > 3) {
    strip_bricks = (strip_bricks + 1) / 2;
  }
  std::vector<Box> boxes;
  for (int64_t z = 0; z < size_zyx[0]; z += kBrickEdge) {
    for (int64_t y = 0; y < size_zyx[1]; y += strip_bricks * kBrickEdge) {
      boxes.push_back({{z, y, 0},
                       {std::min(kBrickEdge, size_zyx[0] - z),
                        std::min(strip_bricks * kBrickEdge, size_zyx[1] - y), size_zyx[2]}});
    }
  }
  return boxes;
}

void check_count(const char* what, size_t found, int64_t expected) {
  if (static_cast<int64_t>(found) == expected) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("scroll6: {} {}, expected {}", found, what, expected));
}

template <typename Voxel>
FeatureJob make_job(const Zyx& volume_zyx, const Box& given, std::span<const Voxel> voxels) {
  check_volume_shape({volume_zyx, 1, DType::kUInt8});
  check_count("voxels", voxels.size(), given.voxel_count());
  FeatureJob job{};
  job.volume_zyx = volume_zyx;
  job.source = voxels.data();
  job.source_begin_zyx = given.begin_zyx;
  job.source_stride_z = given.size_zyx[1] * given.size_zyx[2];
  job.source_stride_y = given.size_zyx[2];
  set_weights(job);
  return job;
}

template <typename Voxel, typename Sink>
FeatureMoments run_volume(const Zyx& size_zyx, std::span<const Voxel> voxels, const Sink& sink,
                          const FeatureOptions& options) {
  const FeatureJob job = make_job(size_zyx, {{0, 0, 0}, size_zyx}, voxels);
  const FeatureKernel& kernel = kernel_of<Voxel>(options);
  const std::vector<Box> boxes = cut_volume(size_zyx);
  MomentTable moments(size_zyx);
  run_parallel(boxes.size(), [&](uint64_t i) {
    FeatureJob part = job;
    part.box = boxes[i];
    run_box(kernel, part, sink, &moments);
  });
  return moments.moments();
}

template <typename Voxel>
FeatureMoments features_of_volume(const Zyx& size_zyx, std::span<const Voxel> voxels_zyx,
                                  std::span<uint16_t> out_czyx, const FeatureOptions& options) {
  const Box whole{{0, 0, 0}, size_zyx};
  check_count("feature values", out_czyx.size(), kScroll6Channels * whole.voxel_count());
  return run_volume(size_zyx, voxels_zyx, PlanarSink{whole, out_czyx.data()}, options);
}

template <typename Voxel>
FeatureMoments features_as_bricks(const Zyx& size_zyx, std::span<const Voxel> voxels_zyx,
                                  std::span<uint8_t> blob, const FeatureOptions& options) {
  const RawBricks bricks({size_zyx, kScroll6Channels, DType::kFloat16});
  check_count("bytes for bricks", blob.size(), static_cast<int64_t>(bricks.blob_bytes()));
  const FeatureMoments moments =
      run_volume(size_zyx, voxels_zyx, BrickSink{&bricks, blob.data()}, options);
  bricks.seal(blob);
  return moments;
}

template <typename Voxel>
void features_of_box(const Zyx& volume_zyx, const Box& box, std::span<const Voxel> voxels_zyx,
                     std::span<uint16_t> out_czyx, const FeatureOptions& options) {
  for (size_t axis = 0; axis < 3; ++axis) {
    if (box.begin_zyx[axis] < 0 || box.size_zyx[axis] < 1 ||
        box.begin_zyx[axis] > volume_zyx[axis] - box.size_zyx[axis]) {
      throw Error(ErrorCode::kInvalidArgument, "scroll6: the box is not inside the volume");
    }
  }
  check_count("feature values", out_czyx.size(), kScroll6Channels * box.voxel_count());
  FeatureJob job = make_job(volume_zyx, scroll6_halo_box(volume_zyx, box), voxels_zyx);
  job.box = box;
  run_box(kernel_of<Voxel>(options), job, PlanarSink{box, out_czyx.data()}, nullptr);
}

}  // namespace

Box scroll6_halo_box(const Zyx& volume_zyx, const Box& box) {
  Box halo;
  for (size_t axis = 0; axis < 3; ++axis) {
    halo.begin_zyx[axis] = std::max<int64_t>(0, box.begin_zyx[axis] - kScroll6Halo);
    halo.size_zyx[axis] =
        std::min(volume_zyx[axis], box.end(axis) + kScroll6Halo) - halo.begin_zyx[axis];
  }
  return halo;
}

FeatureMoments compute_scroll6(const Zyx& size_zyx, std::span<const uint8_t> voxels_zyx,
                               std::span<uint16_t> out_czyx, const FeatureOptions& options) {
  return features_of_volume(size_zyx, voxels_zyx, out_czyx, options);
}

FeatureMoments compute_scroll6(const Zyx& size_zyx, std::span<const uint16_t> voxels_zyx,
                               std::span<uint16_t> out_czyx, const FeatureOptions& options) {
  return features_of_volume(size_zyx, voxels_zyx, out_czyx, options);
}

FeatureMoments compute_scroll6_bricks(const Zyx& size_zyx, std::span<const uint8_t> voxels_zyx,
                                      std::span<uint8_t> blob, const FeatureOptions& options) {
  return features_as_bricks(size_zyx, voxels_zyx, blob, options);
}

FeatureMoments compute_scroll6_bricks(const Zyx& size_zyx, std::span<const uint16_t> voxels_zyx,
                                      std::span<uint8_t> blob, const FeatureOptions& options) {
  return features_as_bricks(size_zyx, voxels_zyx, blob, options);
}

void compute_scroll6_box(const Zyx& volume_zyx, const Box& box, std::span<const uint8_t> voxels_zyx,
                         std::span<uint16_t> out_czyx, const FeatureOptions& options) {
  features_of_box(volume_zyx, box, voxels_zyx, out_czyx, options);
}

void compute_scroll6_box(const Zyx& volume_zyx, const Box& box,
                         std::span<const uint16_t> voxels_zyx, std::span<uint16_t> out_czyx,
                         const FeatureOptions& options) {
  features_of_box(volume_zyx, box, voxels_zyx, out_czyx, options);
}

}  // namespace stoker
