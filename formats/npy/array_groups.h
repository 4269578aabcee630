// Which files and members `--input` of arrays names, in groups: arrays whose rows belong together.
//
// A folder, or all .npy files that are named, are one group; each .npz file is one. Errors: as
// npy_arrays.h; InvalidArgument for what is neither.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/npy/npy_arrays.h"

namespace stoker {

struct ArrayGroup {
  std::string name;   // of the .npz file or folder; empty: of files that were named one by one
  std::string split;  // that the .npz file's name says; else empty
  std::vector<NamedArray> arrays;
  std::vector<std::filesystem::path> files;
};

struct ArrayGroups {
  std::vector<ArrayGroup> groups;
  std::vector<SampleNote> notes;
  std::vector<SampleNote> left_out;  // as NamedArrays has them
};

ArrayGroups open_array_groups(const std::vector<std::filesystem::path>& inputs);

// Whether a folder holds arrays where they are looked for: in it, or in sub-folders that are named
// like splits; and is no folder of images, with images in sub-folders or more of them than arrays,
// among which an array lies (means, embeddings).
bool holds_arrays(const std::filesystem::path& folder);

}  // namespace stoker
