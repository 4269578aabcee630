// What a data set was made of and by what, as JSON that files which have attributes carry.
//
// Thread-safety: a pure function.
#pragma once

#include <string>

#include "libdata/sample/dataset_manifest.h"

namespace stoker {

// {"tool", "version", "options", "sources": [{"name", "size"}]}
std::string provenance_text(const Manifest& manifest);

}  // namespace stoker
