// Element types and attributes as the library tells them. Internal to formats/hdf5.
//
// Precondition of all: an Hdf5Lock is held. Errors: as Hdf5File.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "formats/hdf5/hdf5_array.h"

namespace stoker {

using Hdf5Attribute = std::variant<int64_t, double, std::string>;

// Never throws about a type it does not know: that is kOther, with a name.
Hdf5Type describe_hdf5_type(int64_t type_id);

// A string, or each of an array of strings, of the object's attribute; nothing where it is not
// there, or is none.
std::optional<std::vector<std::string>> read_text_attribute(int64_t object_id,
                                                            const std::string& name);
// Scalar numbers and texts; others are left out.
std::map<std::string, Hdf5Attribute> read_attributes(int64_t object_id, const std::string& path);

// `count` strings of the type, laid out in `elements` as the library reads them; frees what the
// library has allocated for those of any length.
std::vector<std::string> take_strings(const Hdf5Type& type, int64_t type_id, int64_t space_id,
                                      uint64_t count, Bytes& elements);

}  // namespace stoker
