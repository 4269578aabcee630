// What a volume's mask is called, and how a name that came from anywhere is shown.
//
// Thread-safety: pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {

// NAME.tif of each name, in order, safe as the name of a file in one folder: '/' and control
// characters become '_', as does a leading '.'; what is too long for a file system is cut and ends
// in a hash of the name. Where that makes two alike, those that were changed end in a hash too.
// Corrupt where a name comes twice.
std::vector<std::string> mask_file_names(std::span<const std::string> names);

// As text, whatever bytes it holds: UTF-8 as it is, but control characters and bytes that are not
// UTF-8 as \xHH, and '\' as "\\". Different names are shown differently.
std::string shown_name(std::string_view name);

}  // namespace stoker
