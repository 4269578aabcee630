// Names of samples as names of files in one folder.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace stoker {

// "/" and "%" become "%2F" and "%25", so that two names never meet. Corrupt for names that cannot
// be a file's (image_file_names.h).
std::string flat_file_name(const std::string& name);
// The inverse; other "%" stay.
std::string name_of_flat_file(std::string_view file_name);

}  // namespace stoker
