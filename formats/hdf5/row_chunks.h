// Rows of equal shape, gathered into the chunks of a data set and packed. Works on bytes alone.
//
// Thread-safety: RowChunker belongs to one thread; pack_chunk is a pure function.
#pragma once

#include <cstdint>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

// What one row is: one sample's value.
struct RowShape {
  DType dtype = DType::kUInt8;
  std::vector<uint64_t> extent;

  uint64_t byte_count() const;
};

// Extents of a chunk of about 1 MiB, axis 0 being rows: as many rows as fit (of `rows` at most), or
// one row halved along its longest axis until it does.
std::vector<uint64_t> chunk_of_rows(const RowShape& shape, uint64_t rows);

struct RowChunk {
  std::vector<uint64_t> start;  // of its first element
  Bytes bytes;                  // a whole chunk; zero where no row has been
  uint32_t filter_mask = 0;     // filters that were not applied
};

class RowChunker {
 public:
  RowChunker(const RowShape& shape, uint64_t rows);

  const std::vector<uint64_t>& chunk() const { return chunk_; }
  uint64_t row_count() const { return rows_; }

  // Precondition: as many bytes as a row has. Chunks that are full go to the end of `done`.
  void append(ByteSpan row, std::vector<RowChunk>& done);
  // Those that are not full.
  void finish(std::vector<RowChunk>& done);

 private:
  std::vector<uint64_t> start_in_row(uint64_t c) const;
  void close(std::vector<RowChunk>& done);

  RowShape shape_;
  std::vector<uint64_t> chunk_;
  std::vector<uint64_t> grid_;  // chunks along each axis of a row
  uint64_t chunk_bytes_ = 0;
  uint64_t rows_ = 0;
  std::vector<Bytes> open_;  // chunks that the last row went into, in C order
};

// By shuffle, for elements of several bytes, and deflate. What does not shrink is stored without
// deflate, and marked so.
void pack_chunk(size_t element_bytes, int deflate_level, RowChunk& chunk);

}  // namespace stoker
