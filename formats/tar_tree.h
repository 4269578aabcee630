// The members of a tar as the entries of a tree: what walking the folder that it extracts to would
// find.
//
// Symbolic links are followed wherever they lead inside the archive: to files, to folders, whose
// content is listed once more below the link, through other links. What leads nowhere, to itself,
// back to a folder above it or out of the archive becomes an entry with its trouble. A member whose
// name leads through a link before it lies where that leads, as GNU tar writes it; a folder member
// takes the place of a link of its name. Hard links must have been resolved (tar_links.h).
//
// Thread-safety: pure functions. Errors: Corrupt where folders linked into folders come to more
// than a thousand entries for each member of the archive. Source: path_resolution(7).
#pragma once

#include <string_view>
#include <vector>

#include "formats/listed_tree.h"
#include "formats/tar.h"

namespace stoker {

// What lies below `folder` ("" is the top; it may lead through links), by the path from there on:
// members in archive order, then links, each with what it stands for. `file` of all entries is 0.
std::vector<ListedEntry> tar_entries(std::vector<TarMember> members, std::string_view folder);

}  // namespace stoker
