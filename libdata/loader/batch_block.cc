#include "libdata/loader/batch_block.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace stoker {

uint64_t round_up_to_alignment(uint64_t bytes) {
  return (bytes + kBatchAlignment - 1) / kBatchAlignment * kBatchAlignment;
}

uint64_t BlockLayout::add_rows(uint64_t row_bytes) {
  assert(array_count_ < kMostArrays);
  const uint64_t offset = end_bytes_;
  arrays_[array_count_++] = {offset, row_bytes};
  end_bytes_ = round_up_to_alignment(offset + row_count_ * row_bytes);
  return offset;
}

BatchBlock::BatchBlock(const std::optional<BufferSource>& source, uint64_t size_bytes)
    : memory_(source, size_bytes) {}

void BatchBlock::open(const BatchHeader& header, const BlockLayout& layout) {
  header_ = header;
  layout_ = layout;
}

void BatchBlock::close(std::span<const int64_t> failed, uint64_t behind_rows_bytes) {
  const int64_t first_padding = header_.count - header_.padding;
  uint64_t kept = 0;
  auto next_failed = failed.begin();
  for (int64_t row = 0; row < header_.count; ++row) {
    if (next_failed != failed.end() && *next_failed == row) {
      ++next_failed;
      if (row >= first_padding) --header_.padding;
      continue;
    }
    if (kept != static_cast<uint64_t>(row)) move_row(static_cast<uint64_t>(row), kept);
    ++kept;
  }
  header_.count = static_cast<int64_t>(kept);
  header_.block_bytes = behind_rows_bytes > 0 ? layout_.end_bytes() + behind_rows_bytes : 0;
  for (const BlockLayout::Rows& rows : layout_.arrays()) {
    header_.block_bytes = std::max(header_.block_bytes, rows.offset_bytes + kept * rows.row_bytes);
  }
  std::memcpy(memory_.data(), &header_, sizeof header_);
}

void BatchBlock::move_row(uint64_t from, uint64_t to) {
  for (const BlockLayout::Rows& rows : layout_.arrays()) {
    uint8_t* const first = memory_.data() + rows.offset_bytes;
    std::memmove(first + to * rows.row_bytes, first + from * rows.row_bytes, rows.row_bytes);
  }
}

}  // namespace stoker
