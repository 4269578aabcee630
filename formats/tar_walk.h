// Tar archives as ListedTrees: a tar of a tree, and class tars, read in place, never extracted.
//
// Names are as GNU tar would extract them: without leading slashes, "." and empty parts. A member
// whose name climbs out by ".." has none, as GNU tar refuses it too. Links are followed inside
// their own archive (tar_tree.h). Inner archives are listed in parallel, each with one open
// descriptor. Errors: Corrupt for a damaged archive; with `skip_damaged` damage in an inner archive
// becomes a note, and the members before it are kept.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/left_out_names.h"
#include "formats/listed_tree.h"
#include "formats/tar.h"

namespace stoker {

// A path that goes on inside a tar: "set.tar/train", "outer.tar/sub/inner.tar/train".
struct TarPlace {
  std::filesystem::path archive;  // the file on disk
  TarRange range;                 // of the innermost archive in it
  std::string name;               // of the innermost archive, without ".tar": "inner"
  std::string folder;             // inside that; empty for its top
};

// NotFound where no file lies on the path.
TarPlace find_tar_place(const std::filesystem::path& path);

// What lies at that place. Inner archives are files of it.
ListedTree walk_tar(const TarPlace& place, const std::filesystem::path& path);

bool is_tar_name(std::string_view name);  // ends in ".tar", in any letter case

// Replaces the archives among the tree's files, `archives` (indices of entries), by what they hold,
// each as a folder of the archive's name: "x/cat.tar" with "0.jpg" becomes "x/cat/0.jpg". An
// archive that holds nothing but that very folder is not put into it twice.
void open_inner_archives(ListedTree& tree, const std::vector<size_t>& archives, bool skip_damaged);

}  // namespace stoker
