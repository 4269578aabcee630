// A volume on disk as TIFF, mapped: one multi-page file, or a folder of one-page files.
//
// The files of a folder are taken in name order, numbers in names compared as numbers: slice_9
// comes before slice_10, zero-padded or not. Only *.tif and *.tiff count, in any case of letters.
// Thread-safety: as tiff.h. Ownership: owns the mappings. Errors: as tiff.h, with the path;
// NotFound for a path that is not there or a folder without TIFFs.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tiff.h"
#include "libdata/core/files.h"

namespace stoker {

struct TiffVolume {
  std::string path;  // as given
  std::vector<MappedFile> files;
  std::vector<ByteSpan> bytes;  // of each file
  TiffStackInfo info;
};

TiffVolume open_tiff_volume(const std::filesystem::path& path);

// No volume opened from `path` has more voxels: see tiff.h. Of a folder, the first file is asked.
uint64_t tiff_voxel_bound(const std::filesystem::path& path);

// Precondition: out.size() is volume.info.volume_bytes().
void decode_tiff(const TiffVolume& volume, std::span<uint8_t> out);

// The TIFFs in `folder`, in name order.
std::vector<std::filesystem::path> list_tiff_series(const std::filesystem::path& folder);

bool is_tiff_name(const std::filesystem::path& path);

// Byte order, but runs of digits by their value.
bool number_aware_less(std::string_view a, std::string_view b);

}  // namespace stoker
