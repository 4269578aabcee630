// Where the volume programs take their input from, as the command line names it.
#pragma once

#include <string>
#include <vector>

#include "formats/vesuvius.h"
#include "formats/volume_listing.h"
#include "libdata/shard/manifest.h"

namespace stoker {

// Lists the one folder as vesuvius.h says, warning of what its table and files disagree about, and
// bounds the voxels of each volume by the directories of its image.
// InvalidArgument unless exactly one is named, or where the folder is one volume's slices; Corrupt
// where it holds no volume.
VolumeListing list_volume_folder(const std::vector<std::string>& inputs,
                                 const VolumeFolderOptions& options);

}  // namespace stoker
