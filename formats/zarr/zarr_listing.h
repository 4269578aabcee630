// Which volumes and which stacks of samples `--input` of Zarr stores names.
//
//   an array                        rank 3, or axes that its dimension names say: a volume; others
//                                   are samples, N first
//   a group of OME-Zarr             a volume, its highest resolution; of its labels the one of the
//                                   same size, where there is one alone, or --field label=NAME
//   a group with arrays "0", "1"..  the same without a scale
//   a group of arrays of rank 3     a volume each; "image" and "label" (array_fields.h) of one size
//                                   are one with its label
//   a group of other arrays         samples, N first; names as npy/npy_source.h splits them
//   a group of groups, a folder     each what it is; those called like splits are splits; folders
//                                   of images and labels, paired by name
// Thread-safety: free functions. Errors: Corrupt, Unsupported; InvalidArgument where the source
// leaves a choice.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/format.h"
#include "formats/stacked/stack_assembly.h"
#include "formats/volume_geometry_fields.h"
#include "formats/zarr/zarr_array.h"

namespace stoker {

// An array with its axes put in order.
struct ZarrVolumeArray {
  StridedArray array;  // t, c, z, y, x
  std::vector<std::filesystem::path> files;
};

struct ZarrVolume {
  std::string name;
  std::string split;
  ZarrVolumeArray image;
  std::optional<ZarrVolumeArray> label;
  std::optional<VolumeGeometry> geometry;  // where the source says one
};

struct ZarrListing {
  std::vector<ZarrVolume> volumes;
  std::vector<NamedStack> stacks;
  std::vector<SampleNote> notes;
};

ZarrListing list_zarr(const SourceRequest& request);

// `axes` as OmeImage has them; empty: told by the rank. Unsupported for other axes than t, c, z, y
// and x.
ZarrVolumeArray as_volume(const std::shared_ptr<const ZarrArray>& array,
                          std::vector<std::string> axes);

// Of a folder or file: the name without .zarr, .ome.zarr, .zip.
std::string zarr_stem(const std::string& file_name);
// Whether a path is a Zarr store, or a folder of them at a few levels.
bool is_zarr_store(const std::filesystem::path& path);
bool holds_zarr(const std::filesystem::path& folder);

}  // namespace stoker
