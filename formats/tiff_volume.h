// A volume on disk as TIFF, mapped: one multi-page file, or a folder of one-page files, its slices
// (slice_series.h).
//
// Thread-safety: as tiff.h. Ownership: owns the mappings. Errors: as tiff.h, with the path of the
// file or slice at fault; NotFound for a path that is not there or a folder without TIFFs; Corrupt,
// with the folder, where slices are missing.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "formats/slice_series.h"
#include "formats/tiff.h"
#include "libdata/core/files.h"

namespace stoker {

struct TiffVolume {
  std::string path;                // as given
  std::vector<std::string> paths;  // of each file
  std::vector<MappedFile> files;
  std::vector<ByteSpan> bytes;  // of each file
  TiffStackInfo info;
};

TiffVolume open_tiff_volume(const std::filesystem::path& path,
                            TiffContent content = TiffContent::kIntensity);

// No volume opened from `path` has more voxels, or voxels of another type: see tiff.h. Of a folder,
// the first file is asked.
TiffBound tiff_voxel_bound(const std::filesystem::path& path);

// As the functions of tiff.h. Precondition: `out` has the planes' size.
void decode_tiff(const TiffVolume& volume, std::span<uint8_t> out);
uint64_t decode_tiff_planes(const TiffVolume& volume, uint64_t first_plane, uint64_t plane_count,
                            std::span<uint8_t> out);

// Throws of the first page that is not as the first plane is.
void check_all_pages(const TiffVolume& volume);

}  // namespace stoker
