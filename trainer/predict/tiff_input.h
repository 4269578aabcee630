// Volumes as TIFF, not packed, for `predict --input`.
//
// This is where the trainer meets formats/, which it does not need otherwise: tiff_input.cc is
// built where formats/ is; without it (a bare GPU machine, STOKER_BUILD_TOOLS=OFF)
// tiff_input_absent.cc stands in, which refuses with the way out.
//
// Thread-safety: free functions, pure in the file system. Errors: NotFound; InvalidArgument for a
// folder that can be read in two ways, naming them; those of formats/tiff.h with the path.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libdata/core/hash.h"
#include "trainer/predict/voxel_volume.h"

namespace stoker {

struct TiffInputVolume {
  std::string name;            // of the file without .tif, or of the folder of slices
  std::filesystem::path path;  // a file, or a folder of one-page files
};

// What `input` holds; no voxel is decoded, and what was left out is warned of.
//   a TIFF file                                    one volume
//   a folder of volumes, as formats/vesuvius.h has it: TIFFs, folders of slices, the challenge
//   layout, images ...                             a volume each, labels or none
//   a folder of TIFFs of one page                  one volume, its slices by their numbers
// Files that cannot be read are listed too: their errors come with their turn.
std::vector<TiffInputVolume> list_tiff_input(const std::filesystem::path& input);

VoxelVolume read_tiff_input(const TiffInputVolume& volume);

// Of the bytes of its files.
Hash128 hash_tiff_input(const TiffInputVolume& volume);

}  // namespace stoker
