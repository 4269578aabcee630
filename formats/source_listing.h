// What a source of images holds, as the listings of this folder tell it. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

// One file inside a source: a range of bytes of a file on disk (a member of a tar, read in place,
// or a whole file of a folder).
struct SourceItem {
  std::string name;   // as users know it: "n01440764/n01440764_10026.JPEG"; unique in a split
  uint32_t file = 0;  // index into SourceListing::files
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  int32_t label = -1;  // class index, -1 where the source has none
  uint32_t split = 0;  // index into SourceListing::splits
};

// Everything a source holds, in the source's own order, found without reading a sample's bytes.
struct SourceListing {
  std::vector<std::string> files;        // paths on disk that the items point into
  std::vector<std::string> archives;     // the paths the user named (for provenance)
  std::vector<std::string> class_names;  // in index order; empty where there are no classes
  std::vector<std::string> splits;
  std::vector<SourceItem> items;
  // Below the root, the folder that holds all the images and that names leave out:
  // "imagenette2/val"; empty where there is none, and of several sources.
  std::string entered;
  std::vector<SampleNote> notes;  // found while listing: an empty archive, a file without label
};

}  // namespace stoker
