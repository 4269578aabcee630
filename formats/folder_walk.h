// A folder on disk as a ListedTree.
//
// Symbolic links are followed. Links that lead back to a folder above them and broken links become
// entries with their trouble; folders that are junk or excluded are listed, not entered.
// The root's sub-folders are walked in parallel; entries come in the order of their names, part by
// part, whatever the file system's. One descriptor a thread is open at a time. Errors: NotFound,
// Io; Corrupt where folders lie deeper than any tree does: a mount inside itself, or links that
// lead on and on.
#pragma once

#include <filesystem>

#include "formats/left_out_names.h"
#include "formats/listed_tree.h"

namespace stoker {

ListedTree walk_folder(const std::filesystem::path& root, const Exclusions& exclusions);

}  // namespace stoker
