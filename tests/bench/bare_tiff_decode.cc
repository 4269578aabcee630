// The peer of pack-volumes: decodes the same TIFFs with libtiff and nothing else, all cores, one
// file a thread, into memory that is reused. Prints the seconds it took.
#include <tiffio.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/core/program.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

void decode_file(const fs::path& path) {
  thread_local Bytes voxels;
  TIFF* tiff = TIFFOpen(path.c_str(), "r");
  if (tiff == nullptr) throw Error(ErrorCode::kCorrupt, "libtiff cannot open it", path.string());
  size_t end = 0;
  do {
    const auto strip_bytes = static_cast<size_t>(TIFFStripSize(tiff));
    const uint32_t strips = TIFFNumberOfStrips(tiff);
    for (uint32_t strip = 0; strip < strips; ++strip) {
      if (voxels.size() < end + strip_bytes) voxels.resize(2 * (end + strip_bytes));
      const tmsize_t got = TIFFReadEncodedStrip(tiff, strip, voxels.data() + end, -1);
      if (got < 0) throw Error(ErrorCode::kCorrupt, "libtiff cannot decode it", path.string());
      end += static_cast<size_t>(got);
    }
  } while (TIFFReadDirectory(tiff) != 0);
  TIFFClose(tiff);
}

int run(const std::string& input) {
  std::vector<fs::path> files;
  for (const char* folder : {"train_images", "train_labels"}) {
    for (const fs::path& path : list_files(fs::path(input) / folder))
      files.push_back(path);
  }
  const auto start = std::chrono::steady_clock::now();
  run_parallel(files.size(), [&](uint64_t i) { decode_file(files[i]); });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.4f\n", took.count());
  return kExitDone;
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  std::string input;
  return stoker::run_program(
      argc, argv, {"bare-tiff-decode", "Decode a challenge folder with libtiff alone."},
      [&](CLI::App& app) { app.add_option("--input", input, "Folder")->required(); },
      [&](const stoker::CommonOptions&) { return stoker::run(input); });
}
