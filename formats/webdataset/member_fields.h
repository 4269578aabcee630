// Which members of WebDataset shards make which field.
//
// Thread-safety: pure functions. Errors: InvalidArgument where the request names what there is not,
// or a choice is left: what to say is in the message.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "formats/webdataset/member_names.h"
#include "libdata/sample/schema.h"

namespace stoker {

struct MemberField {
  Field field;
  MemberKind kind = MemberKind::kBytes;
  std::vector<uint32_t> extensions;  // whichever of them a sample has
  std::string json_key;              // of the label, where it stands inside a JSON member
};

struct MemberFieldsRequest {
  std::vector<std::string> extensions;        // of all shards
  std::map<std::string, std::string> fields;  // --field: NAME=EXTENSION, label=EXTENSION:KEY
  const Schema* own = nullptr;                // of shards that convert-dataset wrote
  // Whether some sample has members of both extensions.
  std::function<bool(uint32_t, uint32_t)> together;
};

// "image" first, then "label", then the others by name; or as `own` has them. Fields of arrays do
// not know their dtype and axes yet, unless they are of `own`.
std::vector<MemberField> fields_of_members(const MemberFieldsRequest& request);

}  // namespace stoker
