// Class names in files beside data: what formats without a place of their own for them use.
//
// Thread-safety: free functions. Errors: Corrupt with the path where a file is not what its name
// says; NotFound or Io from the system.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace stoker {

// Names in index order. A .json file holds a list of names, or an object of either "name": index
// or "index": name; any other file has a name a line.
std::vector<std::string> read_class_names(const std::filesystem::path& path);

// The first of `names` that lies in `folder` or the folder above it; empty where none does.
std::filesystem::path find_beside(const std::filesystem::path& folder,
                                  const std::vector<std::string>& names);

// A JSON list, a name a line.
std::string encode_class_list(const std::vector<std::string>& class_names);

}  // namespace stoker
