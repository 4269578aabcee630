// One volume in one file, NIfTI (nifti_file.h) or TIFF (tiff_volume.h): what it is, and its voxels
// in the type that a data set has.
//
// Thread-safety: free functions; any number of threads. Errors: those of the file's format, with
// its path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "formats/nifti/nifti_header.h"
#include "formats/volume_geometry_fields.h"
#include "libdata/sample/sample.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

struct VolumeHead {
  Zyx size_zyx{1, 1, 1};
  int64_t channels = 1;
  DType dtype = DType::kUInt8;  // that takes every value
  VolumeGeometry geometry;
  std::optional<NiftiHeader> nifti;  // of a NIfTI file

  uint64_t element_count() const;
};

// Whether a file of this name would be looked at as a volume.
bool is_volume_name(std::string_view file_name);
// The name without its ending.
std::string_view volume_stem(std::string_view file_name);

// Of a TIFF, the spacing is that of a file "NAME.json" beside it, {"spacing": [z, y, x]}, where
// there is one; a number of a channel (_0000) is no part of that name.
VolumeHead read_volume_head(const std::filesystem::path& path);

struct VolumeElements {
  ByteSpan bytes;        // c, z, y, x, x fastest; in one of the sample's buffers
  bool rounded = false;  // values that the type does not hold (nifti_voxels.h)
};
// `head` is the file's own.
VolumeElements read_volume_elements(const std::filesystem::path& path, const VolumeHead& head,
                                    DType dtype, Sample& sample);
// Class indices, uint8, whatever type they are stored in.
ByteSpan read_volume_labels(const std::filesystem::path& path, const VolumeHead& head,
                            Sample& sample);

// All files that the volume consists of, and what changes when they do.
std::vector<std::filesystem::path> files_of_volume(const std::filesystem::path& path);
uint64_t volume_content_key(const std::filesystem::path& path);

}  // namespace stoker
