// Values of any length, which an HDF5 file keeps apart from the data set: read by plain file reads,
// so that threads need not wait for one another, and damage does not reach libhdf5.
//
// Thread-safety: one thread; make one for each run of values. Ownership: the file outlives it.
// Errors: Corrupt with the byte offset; every size is checked against the file's. Source: HDF5 File
// Format Specification 3.0, III.E "Global Heap" and the variable-length datatype.
#pragma once

#include <cstdint>

#include "libdata/core/arrays.h"
#include "libdata/core/files.h"

namespace stoker {

inline constexpr uint64_t kHeapReferenceBytes = 16;  // length, address, index

class GlobalHeap {
 public:
  // `base`: what addresses in the file are counted from.
  GlobalHeap(const RangeFile& file, uint64_t base) : file_(file), base_(base) {}

  // What a reference leads to: as many bytes as it says. Elements of one byte.
  void read(ByteSpan reference, Bytes& value);

 private:
  void open(uint64_t offset);
  uint64_t find(uint32_t index, uint64_t* size_bytes);
  uint64_t load(uint64_t at);

  const RangeFile& file_;
  uint64_t base_;
  uint64_t offset_ = 0;  // of the collection in the file; 0: none is open
  uint64_t size_ = 0;    // of the collection
  Bytes front_;          // its first bytes
};

}  // namespace stoker
