// Files whose data sets have one sample a row: which data sets go together, and how many samples
// they are. Internal to formats/hdf5.
//
// Errors: InvalidArgument where data sets do not go together, listing them.
#pragma once

#include <string>
#include <vector>

#include "formats/hdf5/hdf5_file.h"
#include "formats/hdf5/hdf5_source.h"

namespace stoker {

struct Hdf5FileArrays {
  size_t file = 0;
  bool matlab = false;
  std::vector<Hdf5Array> arrays;
};

// Fills splits, parts, candidates and notes. `files` are the source's, those that could be listed;
// `wanted_split` is the user's, or empty.
void find_rows(const std::vector<Hdf5FileArrays>& files, const std::string& wanted_split,
               Hdf5Source& source);

}  // namespace stoker
