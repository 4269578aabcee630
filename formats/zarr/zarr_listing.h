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
#include "formats/zarr/zarr_volume.h"

namespace stoker {

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

}  // namespace stoker
