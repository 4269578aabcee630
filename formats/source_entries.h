// What a user named, for provenance.
//
// Thread-safety: pure functions of the file system.
#pragma once

#include <filesystem>
#include <vector>

#include "libdata/sample/source_reader.h"

namespace stoker {

// Base names ("x/." and "x/" are x, "." is the folder's own name), and the sizes of files.
std::vector<SourceEntry> describe_sources(const std::vector<std::filesystem::path>& inputs);

}  // namespace stoker
