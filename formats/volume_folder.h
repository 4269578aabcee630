// The volumes in one folder, by id: ID.tif, ID.tiff, or a folder ID of one-page files.
//
// Reads names and sizes only. Hidden and junk names are left out; links to nothing stay, so that
// their volume is told of. Thread-safety: pure functions of the file system. Errors: Corrupt for a
// volume that is there twice; NotFound.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

struct StoredVolume {
  std::filesystem::path path;
  uint64_t size_bytes = 0;  // 0 for a link to nothing
};

struct VolumeFolder {
  std::map<std::string, StoredVolume> volumes;  // by id
  std::vector<SampleNote> notes;                // hidden files, folders without TIFFs
};

VolumeFolder list_volume_files(const std::filesystem::path& folder);

// The first folder below `root` called like one of `names`, in their order, in any case of letters;
// empty where there is none.
std::filesystem::path find_folder(const std::filesystem::path& root,
                                  const std::vector<std::string>& names);

}  // namespace stoker
