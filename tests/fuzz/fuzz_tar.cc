// Any bytes: an Error, or members and, links followed, entries that lie inside them.
#include <cstdlib>

#include "formats/tar.h"
#include "formats/tar_tree.h"
#include "libdata/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto members = stoker::list_tar(stoker::tar_bytes({data, size}));
    for (const stoker::TarMember& m : members) {
      if (m.offset_bytes > size || m.size_bytes > size - m.offset_bytes) std::abort();
    }
    for (const stoker::ListedEntry& e : stoker::tar_entries(members, "")) {
      if (e.offset_bytes > size || e.size_bytes > size - e.offset_bytes) std::abort();
    }
  } catch (const stoker::Error&) {
  }
  return 0;
}
