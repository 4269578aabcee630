// What tells a WebDataset tar from a tar of class folders.
//
// The rule, on the first thousand members that are files and not left lying about:
//   1. a tar inside makes it none: those are class tars;
//   2. a member KEY.cls (or .class, .cls2, .index) beside another member KEY.x makes it one,
//   whatever folders
//      there are;
//   3. else it is one where two members share a key and all lie in one folder. Members in several
//      folders are classes with files beside their images, which `folder` reads.
// Parts of a name behind its first dot that begin with a digit make no extension: img.0001.jpg and
// img.0002.jpg are two images.
//
// Thread-safety: pure functions.
#pragma once

#include <vector>

#include "formats/byte_source.h"
#include "formats/tar.h"

namespace stoker {

bool are_webdataset_members(const std::vector<TarMember>& members);

// Of the file as a whole, inflated where it is compressed. Never throws about what it sees.
bool is_webdataset_tar(const ByteSource& source);

}  // namespace stoker
