// The one block of memory behind a batch: its header, then its arrays, each at a multiple of 64
// bytes, so that one copy moves all of a batch to a device.
//
// Arrays have one row a sample. Where they lie is laid out anew for each batch, from its number of
// samples and their size: nothing lies between them but what fills up to the next 64 bytes, and two
// batches of one shape have one layout.
// Thread-safety: open and close by one thread; rows of different samples may be written at once
// between. Ownership: owns the memory; a BufferSource must outlive it. Errors: std::bad_alloc,
// InvalidArgument for a source whose memory is not aligned.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "libdata/core/arrays.h"
#include "libdata/loader/batch_header.h"
#include "libdata/loader/batch_memory.h"

namespace stoker {

// Where the arrays of a block lie, in the order in which they are added.
class BlockLayout {
 public:
  struct Rows {
    uint64_t offset_bytes = 0;  // in the block
    uint64_t row_bytes = 0;
  };

  explicit BlockLayout(int64_t row_count) : row_count_(static_cast<uint64_t>(row_count)) {}

  // Returns the array's offset in the block. At most kMostArrays.
  uint64_t add_rows(uint64_t row_bytes);

  std::span<const Rows> arrays() const { return std::span(arrays_).first(array_count_); }
  uint64_t end_bytes() const { return end_bytes_; }  // a multiple of 64

 private:
  static constexpr size_t kMostArrays = 8;

  uint64_t row_count_;
  std::array<Rows, kMostArrays> arrays_;
  size_t array_count_ = 0;
  uint64_t end_bytes_ = 64;  // behind the header
};

class BatchBlock {
 public:
  BatchBlock(const std::optional<BufferSource>& source, uint64_t size_bytes);

  // Begins a batch of header.count rows. What the last one held is lost.
  void open(const BatchHeader& header, const BlockLayout& layout);
  // Leaves out the rows of `failed`, in rising order, moves the others together and keeps their
  // order; count and padding follow. `behind_rows` bytes after the layout's end belong to the batch
  // as well. Then writes the header.
  void close(std::span<const int64_t> failed, uint64_t behind_rows_bytes = 0);

  const BatchHeader& header() const { return header_; }
  // What belongs to the batch, once it is closed.
  ByteSpan bytes() const { return {memory_.data(), header_.block_bytes}; }

  // `count` values of the array at an offset of the layout.
  template <typename Value>
  std::span<Value> values(uint64_t offset_bytes, size_t count) const {
    return {reinterpret_cast<Value*>(memory_.data() + offset_bytes), count};
  }

 private:
  void move_row(uint64_t from, uint64_t to);

  BatchMemory memory_;
  BatchHeader header_;
  BlockLayout layout_{0};
};

uint64_t round_up_to_alignment(uint64_t bytes);  // 64

}  // namespace stoker
