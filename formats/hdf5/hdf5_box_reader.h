// Boxes of one data set, whatever its layout: chunks fetched under the library's lock and unpacked
// outside it, contiguous elements by plain file reads, all else through the library.
//
// Thread-safety: any number of threads. Ownership: owns the open data set; file and cache outlive
// the reader. Errors: as Hdf5File; Unsupported for filters that are not read, at construction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "formats/hdf5/box_copy.h"
#include "formats/hdf5/chunk_cache.h"
#include "formats/hdf5/chunk_filters.h"
#include "formats/hdf5/hdf5_file.h"

namespace stoker {

class Hdf5BoxReader {
 public:
  // With a cache, chunks are kept in it; `number` tells arrays of one cache apart. Numbers and
  // opaque bytes only are read as boxes.
  Hdf5BoxReader(const Hdf5File& file, const std::string& path, ChunkCache* cache = nullptr,
                uint64_t number = 0);

  // Boxes will be read one after another, along the first axis: chunks that follow are unpacked on
  // other threads meanwhile. Before the first read.
  void reads_in_order() { in_order_ = cache_ != nullptr; }

  const Hdf5Array& array() const { return dataset_.array(); }
  const Hdf5Dataset& dataset() const { return dataset_; }

  // Elements as they are stored, of any length: references to them. Precondition: the box lies in
  // the array.
  void read(const ArrayBox& box, std::span<uint8_t> out) const;
  // Of any length, or of fixed length without their padding; one an element of the box.
  std::vector<Bytes> read_values(const ArrayBox& box) const;
  // The system is told that it will be wanted, where that is known without asking the library.
  void prefetch(const ArrayBox& box) const;

 private:
  bool in_one_piece(const ArrayBox& box) const;
  uint64_t first_byte(const ArrayBox& box) const;
  void read_chunked(const ArrayBox& box, std::span<uint8_t> out) const;
  ArrayBox chunk_box(uint64_t index) const;
  std::vector<uint64_t> chunks_touched(const ArrayBox& box) const;
  SharedChunk cached(uint64_t index, uint64_t ahead) const;
  void unpack_ahead(uint64_t index) const;
  void unpack(uint64_t index, std::span<uint8_t> out) const;
  Bytes unpack(uint64_t index) const;

  Hdf5Dataset dataset_;
  ChunkCache* cache_;
  uint64_t first_key_;
  bool through_library_ = false;
  bool in_order_ = false;
  uint64_t chunk_count_ = 1;
  std::vector<ChunkFilter> filters_;
  std::vector<uint64_t> grid_;  // chunks along each axis
};

}  // namespace stoker
