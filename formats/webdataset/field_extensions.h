// How the fields of a schema are called as members of a WebDataset shard.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "formats/webdataset/member_names.h"
#include "libdata/sample/schema.h"

namespace stoker {

struct FieldExtension {
  MemberKind kind = MemberKind::kBytes;
  // Of images: what stands in front of the ending, which the codec says; else all of it.
  std::string extension;
};

// One a field. InvalidArgument naming the field, and --drop, for what has no place.
std::vector<FieldExtension> extensions_of(const Schema& schema);

// The whole extension of an image stored as `codec`.
std::string image_extension(const FieldExtension& field, Codec codec);

}  // namespace stoker
