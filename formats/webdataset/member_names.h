// What the name of a member of a WebDataset shard says: which sample it belongs to, and what it is.
//
// Thread-safety: pure functions. Source: webdataset 1.0, tariterators.base_plus_ext and
// autodecode.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoker {

struct MemberName {
  std::string key;        // the path up to the first dot of the base name
  std::string extension;  // the rest, in lower case: "jpg", "seg.png"
};
// Nothing for names that are no part of a sample: without a dot, hidden, "__url__".
std::optional<MemberName> parse_member_name(std::string_view name);

enum class MemberKind {
  kImage,    // jpg, png ...
  kLabel,    // "cls" and nothing in front: the class
  kInteger,  // cls2, index, id: a number as text
  kText,     // txt, json ...
  kArray,    // npy
  kPickle,   // pth, pyd, pickle: programs, which nobody here runs
  kBytes,    // all others
};
// Goes by what stands behind the last dot.
MemberKind kind_of_member(std::string_view extension);

// What the field is called: "image" for "jpg", "seg" for "seg.png", "label" for "cls", and the
// extension itself where nothing stands in front of its ending.
std::string field_of_extension(std::string_view extension);

}  // namespace stoker
