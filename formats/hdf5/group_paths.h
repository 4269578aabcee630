// Groups of arrays in a file, and whether what lies in them looks like samples.
//
// Thread-safety: pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "formats/hdf5/hdf5_array.h"

namespace stoker {

// First group below a split's, and the rest of the path.
struct GroupPath {
  std::string split;
  std::string group;  // with the split's in front; empty: not in one
  std::string rest;
};

GroupPath split_path(const std::string& path);

using Groups = std::map<std::string, std::vector<const Hdf5Array*>>;
Groups group_arrays(const std::vector<Hdf5Array>& arrays);

// Two groups or more, no array beside them, and what is in each is one sample.
bool is_grouped(const std::vector<Hdf5Array>& arrays);

// What one file among many holds: a picture, a volume, their labels; not rows of them.
bool is_one_sample(const std::vector<Hdf5Array>& arrays);

}  // namespace stoker
