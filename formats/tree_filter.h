// What of a listed tree counts: the part of the listing rule that looks at one name at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/left_out_names.h"
#include "formats/listed_tree.h"

namespace stoker {

// Takes out of the tree what --exclude names, hidden files and folders, and junk, at any depth;
// each left-out folder is one note, whatever it holds. Of several members of one path in an archive
// the last counts, whatever its kind, as extracting in turn would have it; the others become notes.
// `used` is set for the exclusions that excluded something (as many as there are globs).
void filter_tree(ListedTree& tree, const Exclusions& exclusions, std::vector<bool>& used);

// Takes out the files that are no images, with a note each. Corrupt for an image whose bytes are
// not there, unless `skip_damaged`; then it is noted too. What stays are images and folders.
void keep_images(ListedTree& tree, bool skip_damaged);

// The path to give as --input for what lies at `path` of the tree: through opened archives.
std::string path_to(const ListedTree& tree, std::string_view path);

// A note on an entry of the tree.
SampleNote note_on(const ListedTree& tree, const ListedEntry& entry, std::string reason);

}  // namespace stoker
