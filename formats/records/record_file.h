// Files of records, one a sample, whose columns have names and types: what formats made for
// training loops (MDS, beton, LitData, LMDB) have in common.
//
// Thread-safety: all of a RecordFile may be called from many threads at once. Ownership: spans of a
// record live as long as its file, or as the sample they were read into. Errors of read: Corrupt,
// Unsupported, with the offset in the file and without its path.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/stacked/element_type.h"
#include "libdata/sample/sample.h"

namespace stoker {

enum class ColumnKind : uint8_t {
  kImage,    // whole image files, or uint8 pixels
  kBytes,    // bytes; an image where they begin as one
  kText,     // UTF-8
  kNumbers,  // arrays, scalars among them
};

struct RecordColumn {
  std::string name;
  ColumnKind kind = ColumnKind::kBytes;
  bool equal_shapes = true;  // of numbers: whether every sample has the first one's shape
  bool operator==(const RecordColumn&) const = default;
};

struct RecordCell {
  ByteSpan bytes;
  // Of numbers, and of pixels: elements little-endian, the last axis fastest.
  bool is_array = false;
  ElementType type{};
  std::vector<uint64_t> shape;
};

struct Record {
  std::vector<RecordCell> cells;  // one a column
  uint64_t offset_bytes = 0;      // where it begins in the file

  void clear() {
    cells.clear();
    offset_bytes = 0;
  }
};

// Elements that must fill `bytes`; Corrupt where they do not, Unsupported for other types than
// those of ElementType.
RecordCell array_cell(ByteSpan bytes, const ElementType& type, std::vector<uint64_t> shape);
RecordCell bytes_cell(ByteSpan bytes);
// A number as text says it, little-endian in a buffer of `memory`.
RecordCell int64_cell(int64_t number, Sample& memory);
RecordCell float64_cell(double number, Sample& memory);

class RecordFile {
 public:
  virtual ~RecordFile() = default;

  virtual const std::string& path() const = 0;
  virtual uint64_t count() const = 0;
  // Fills a cleared record; what it needs memory for lies in buffers of `memory`.
  virtual void read(uint64_t row, Sample& memory, Record& record) const = 0;
  // Of the record as it lies in the file, inflated.
  virtual uint64_t size_bytes(uint64_t row) const = 0;
  virtual std::string name(uint64_t) const { return {}; }  // of the sample, where it has one
  virtual void prefetch(uint64_t) const {}
  // Whether records may be read in any order at no more cost than in theirs.
  virtual bool is_random() const { return true; }
};

}  // namespace stoker
