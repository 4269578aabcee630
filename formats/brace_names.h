// Lists of numbered files as people of WebDataset write them: "train-{000000..000146}.tar".
//
// Thread-safety: free functions. Source: bash, "Brace Expansion": ranges of numbers with leading
// zeros kept, and lists by commas; not nested.
#pragma once

#include <string>
#include <vector>

namespace stoker {

// `text` alone where it has no braces that mean something. InvalidArgument for a range of more than
// a million names.
std::vector<std::string> expand_braces(const std::string& text);

// Paths as a user gave them: those that are not there as they stand, and have braces, expanded.
std::vector<std::string> expand_missing_paths(const std::vector<std::string>& paths);

}  // namespace stoker
