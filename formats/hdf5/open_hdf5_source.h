// The files of an HDF5 source, and the arrays of its parts, open as long as the reader lives.
// Internal to formats/hdf5.
//
// Thread-safety: any number of threads once it is made. Errors: as Hdf5File; Corrupt for an array
// that has not as many rows as the listing said.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/hdf5/chunk_cache.h"
#include "formats/hdf5/hdf5_box_reader.h"
#include "formats/hdf5/hdf5_source.h"

namespace stoker {

struct OpenHdf5Source {
  explicit OpenHdf5Source(Hdf5Source found, uint64_t cache_bytes);

  std::shared_ptr<const Hdf5File> open(size_t file) const;
  // Whether chunks that several samples share are more than is kept unpacked: in any order each
  // would be unpacked again and again.
  bool is_large() const;

  Hdf5Source source;
  ChunkCache cache;
  std::vector<std::shared_ptr<const Hdf5File>> files;               // null: opened when needed
  std::vector<std::vector<std::unique_ptr<Hdf5BoxReader>>> arrays;  // by part and candidate

 private:
  std::unique_ptr<Hdf5BoxReader> open_array(const Hdf5Part& part, const Hdf5RowArray& row,
                                            uint64_t number);
};

}  // namespace stoker
