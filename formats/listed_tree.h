// A source of images as its names tell it, wherever the files lie: what the folder walk and the tar
// listing both produce, and the one rule of listing_rule.h reads. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

enum class ListedKind : uint8_t {
  kFile,
  kFolder,
  kOther,    // a special file, a broken link ...: noted with its trouble
  kMissing,  // a file whose bytes are not there (a hard link that leads nowhere): an error where it
             // is an image, unless damage is to be skipped
};

// Why an entry is left out, in the words of all walks.
inline constexpr const char* kNotRegular = "not a regular file, left out";
inline constexpr const char* kBrokenLink = "a broken symbolic link, left out";
inline constexpr const char* kLinkToItself = "a symbolic link that leads to itself, left out";
inline constexpr const char* kLinkBack = "a symbolic link back to a folder above it, left out";
inline constexpr const char* kReplaced = "replaced by a later member of the same name";
inline constexpr const char* kLinkOut = "a symbolic link out of the archive, left out";

struct ListedEntry {
  std::string path;  // below the root, '/' between the parts, as the source spells them
  ListedKind kind = ListedKind::kFile;
  uint32_t file = 0;          // index into ListedTree::files
  uint64_t offset_bytes = 0;  // of the bytes in that file
  uint64_t size_bytes = 0;
  uint64_t place = 0;   // of its header in that file: the later of two of one path counts
  std::string trouble;  // of kOther and kMissing: why it is left out
};

struct ListedTree {
  std::string root;  // the path as the user wrote it, for messages: "set.tar/train"
  std::string name;  // of what lies at the root, without ".tar": "train"
  std::vector<std::string> files;
  std::vector<ListedEntry> entries;
  std::map<std::string, std::string> archives;  // opened ones: folder they became, own path
  std::vector<SampleNote> notes;                // found on the way: a damaged inner archive
};

}  // namespace stoker
