// Hard links inside a tar: members of type '1', which name an earlier member instead of holding
// bytes. GNU tar writes one for each further name of a file (a symbolic link is one, too), and for
// a file that is given twice. Symbolic links: tar_tree.h.
//
// Thread-safety: pure functions. Not supported: bodies that POSIX pax may store with a link
// (`-o linkdata`); GNU tar passes over them too.
#pragma once

#include <vector>

#include "formats/tar.h"

namespace stoker {

// Gives each hard link the type, place and size of what it names: the last member of that name
// before it, as extracting in turn would have it. `header_offset_bytes` stays the link's own. A
// hard link to a symbolic one leads, from its own folder, where that does. A link that names
// nothing before it, or a folder, keeps its type.
void resolve_hard_links(std::vector<TarMember>& members);

}  // namespace stoker
