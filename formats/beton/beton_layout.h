// The header of a .beton file: where its parts lie.
//
//   header, 24 bytes    u16 version 2, u16 fields, u32 page size, u64 samples, u64 place of table
//   fields              a descriptor of 1041 bytes each
//   rows                one a sample, a cell a field, aligned as NumPy aligns a structure
//   pages               from the next multiple of the page size: the values
//   allocation table    to the file's end: u64 sample, u64 place, u64 size of each value
// All numbers are little-endian. Thread-safety: pure functions. Errors: Corrupt; Unsupported for
// other versions, fields of other classes, and more than 1024 fields. Source: FFCV, ffcv/types.py,
// writer.py, memory_allocator.py.
#pragma once

#include <cstdint>
#include <vector>

#include "formats/beton/beton_field.h"

namespace stoker {

struct BetonLayout {
  uint64_t page_bytes = 0;
  uint64_t samples = 0;
  std::vector<BetonField> fields;
  uint64_t rows_offset = 0;
  uint64_t row_bytes = 0;
  uint64_t pages_offset = 0;  // of the first one, where there are pages
  uint64_t table_offset = 0;
  std::vector<std::string> notes;

  ByteSpan row(ByteSpan file, uint64_t sample) const {
    return file.subspan(rows_offset + sample * row_bytes, row_bytes);
  }
  size_t values_per_sample() const;  // that lie in pages
};

// Whether a file of `size_bytes` that begins so is one.
bool looks_like_beton(ByteSpan front, uint64_t size_bytes);

// Of a whole file: its rows lie in it, and its table fits the number of samples.
BetonLayout parse_beton_layout(ByteSpan file);

// The sizes of all values, those of a sample one after the other. Corrupt where table, cells and
// types contradict one another, or a value lies outside the pages, across two of them, or over
// another one.
std::vector<uint64_t> parse_beton_table(ByteSpan file, const BetonLayout& layout);

}  // namespace stoker
