#include "formats/tiff_volume.h"

#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> files_of(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files = list_slices(path).files;
  if (files.empty()) {
    throw Error(ErrorCode::kNotFound, "expected a folder of TIFF files, found none in it",
                path.string());
  }
  return files;
}

}  // namespace

TiffVolume open_tiff_volume(const fs::path& path, TiffContent content) {
  TiffVolume volume;
  volume.path = path.string();
  const std::vector<fs::path> files = files_of(path);
  check_slice_numbers(path, files);
  for (const fs::path& file : files) {
    volume.paths.push_back(file.string());
    volume.files.emplace_back(file);
    volume.bytes.push_back(volume.files.back().bytes());
  }
  try {
    volume.info = probe_tiff(volume.bytes, volume.paths, content);
  } catch (const Error& error) {
    throw error.at(files.size() == 1 ? volume.paths.front() : volume.path);
  }
  return volume;
}

TiffBound tiff_voxel_bound(const fs::path& path) {
  const std::vector<fs::path> files = files_of(path);
  const MappedFile first(files.front(), AccessPattern::kRandom);
  try {
    TiffBound bound = tiff_voxel_bound(first.bytes());
    bound.voxels *= files.size();
    return bound;
  } catch (const Error& error) {
    throw error.at(files.front().string());
  }
}

uint64_t decode_tiff_planes(const TiffVolume& volume, uint64_t first_plane, uint64_t plane_count,
                            std::span<uint8_t> out) {
  if (volume.files.size() == 1) {
    try {
      return decode_tiff_planes(volume.bytes, volume.info, first_plane, plane_count, out);
    } catch (const Error& error) {
      throw error.at(volume.paths.front());
    }
  }
  uint64_t absent = 0;
  const uint64_t plane_bytes = volume.info.plane_bytes();
  for (uint64_t i = 0; i < plane_count; ++i) {
    try {
      absent += decode_tiff_planes(volume.bytes, volume.info, first_plane + i, 1,
                                   out.subspan(i * plane_bytes, plane_bytes));
    } catch (const Error& error) {
      throw error.at(volume.paths[first_plane + i]);
    }
  }
  return absent;
}

void decode_tiff(const TiffVolume& volume, std::span<uint8_t> out) {
  try {
    decode_tiff(volume.bytes, volume.info, out);
  } catch (const Error& error) {
    throw error.at(volume.path);
  }
}

void check_all_pages(const TiffVolume& volume) {
  try {
    check_all_pages(volume.bytes, volume.info);
  } catch (const Error& error) {
    throw error.at(volume.paths.front());
  }
}

}  // namespace stoker
