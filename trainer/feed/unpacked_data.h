// Data that has not been packed yet, given where a packed set is expected: the mistake of a first
// run.
//
// Pure function of what lies there; looks at names alone, and at no more than a few thousand.
#pragma once

#include <string>

namespace stoker {

// InvalidArgument, with the command that packs it, where `path` is an archive, a folder of images
// or of TIFF volumes, or a folder of packed sets. Nothing where it may be a packed set, or is
// nothing that can be told.
void refuse_unpacked_data(const std::string& path);

}  // namespace stoker
