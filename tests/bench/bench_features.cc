// scroll6 of one cube of bytes: voxels per second, and the channels for comparison.
//   bench-features VOLUME.u8 SIDE [--kernel NAME] [--repeat N] [--bricks] [--planar FILE.f16]
// bench_features.py runs it beside SciPy.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/core/program.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/features.h"

namespace stoker {
namespace {

struct Options {
  std::string volume;
  int64_t side = 0;
  std::string kernel;
  int repeat = 5;
  bool bricks = false;
  std::string planar;
};

int run(const Options& options) {
  const Bytes voxels = read_file(options.volume);
  const Zyx size{options.side, options.side, options.side};
  const auto count = static_cast<uint64_t>(options.side * options.side * options.side);
  FeatureOptions features;
  if (!options.kernel.empty()) features.kernel = parse_kernel_level(options.kernel);
  std::vector<uint16_t> planar(options.bricks ? 0 : 6 * count);
  Bytes blob(options.bricks ? RawBricks({size, 6, DType::kFloat16}).blob_bytes() : 0);
  std::vector<double> seconds;
  for (int i = 0; i < options.repeat; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (options.bricks) {
      compute_scroll6_bricks(size, voxels, blob, features);
    } else {
      compute_scroll6(size, voxels, planar, features);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    seconds.push_back(took.count());
  }
  // Of all threads: less disturbed than the clock on the wall by what else the machine does.
  const double cpu_seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC / options.repeat;
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[seconds.size() / 2];
  std::printf(
      "kernel %s, %d threads: median %.4f s, best %.4f s, %.1f Mvoxel/s, writes %.2f GB/s, CPU "
      "%.4f s a run\n",
      std::string(kernel_level_name(features.kernel.value_or(best_kernel_level()))).c_str(),
      thread_count(), median, seconds[0], static_cast<double>(count) / median / 1e6,
      static_cast<double>(12 * count) / median / 1e9, cpu_seconds);
  if (!options.planar.empty()) {
    write_file_atomically(options.planar, {reinterpret_cast<const uint8_t*>(planar.data()),
                                           planar.size() * sizeof(uint16_t)});
  }
  return kExitDone;
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv, {"bench-features", "Time scroll6 on a cube of bytes."},
      [&](CLI::App& app) {
        app.add_option("volume", options.volume, "SIDE^3 bytes, z slowest")->required();
        app.add_option("side", options.side, "voxels along each axis")->required();
        app.add_option("--kernel", options.kernel, "portable, avx2 or avx512");
        app.add_option("--repeat", options.repeat, "runs; the median counts");
        app.add_flag("--bricks", options.bricks, "into sealed bricks, hashes included");
        app.add_option("--planar", options.planar, "write the channels, float16 czyx");
      },
      [&](const stoker::CommonOptions&) { return stoker::run(options); });
}
