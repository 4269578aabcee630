// Which samples HDF5 files hold, and where: rows of arrays, groups, or files.
//
// Thread-safety: pure functions over files. Errors: as SourceReader and choose_columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/format.h"
#include "formats/hdf5/hdf5_columns.h"
#include "formats/hdf5/hdf5_inputs.h"

namespace stoker {

enum class Hdf5Arrangement {
  kRows,    // one data set a field, samples along one axis
  kGroups,  // one group a sample, or one file a sample: what lies below it are its fields
};

// Where one field of a part lies. Of kRows.
struct Hdf5RowArray {
  size_t file = 0;
  std::string path;
  size_t axis = 0;  // along which samples follow one another
};

struct Hdf5Part {
  size_t split = 0;
  uint64_t sample_count = 0;
  std::vector<Hdf5RowArray> arrays;  // one a candidate
};

// Of kGroups.
struct Hdf5SampleGroup {
  size_t split = 0;
  size_t file = 0;
  std::string group;  // "" is the file's root: one file a sample
  uint64_t size_bytes = 0;
};

struct Hdf5Source {
  std::vector<Hdf5InputFile> files;
  bool own = false;  // stoker wrote them
  Hdf5Arrangement arrangement = Hdf5Arrangement::kRows;
  std::vector<std::string> splits;
  std::vector<Hdf5Candidate> candidates;
  Hdf5Columns columns;
  std::vector<Hdf5Part> parts;
  std::vector<Hdf5SampleGroup> groups;
  std::vector<std::string> class_names;
  std::vector<SampleNote> notes;
};

Hdf5Source find_hdf5_samples(const SourceRequest& request);

}  // namespace stoker
