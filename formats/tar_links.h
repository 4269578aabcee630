// Links inside a tar. Hard ones are members of type '1', which name an earlier member instead of
// holding bytes. GNU tar writes one for each further name of a file, and for a file that is given
// twice.
//
// Thread-safety: pure functions. Not supported: bodies that POSIX pax may store with a link
// (`-o linkdata`); GNU tar passes over them too.
#pragma once

#include <string>
#include <vector>

#include "formats/tar.h"

namespace stoker {

// Gives each hard link the type, place and size of the file it names: the last one of that name
// before it, as extracting in turn would have it. `header_offset_bytes` stays the link's own. A
// link that names no earlier file keeps its type.
void resolve_hard_links(std::vector<TarMember>& members);

// Gives each symbolic link to a file inside the archive the type, place and size of that file, as
// following it after extraction would find it: the last of its name. Links to folders, to links
// and out of the archive keep their type.
void resolve_symbolic_links(std::vector<TarMember>& members);

// Why a member that is no file is left out; empty for a file.
std::string reason_not_a_file(const TarMember& member);

}  // namespace stoker
