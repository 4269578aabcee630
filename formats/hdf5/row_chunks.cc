#include "formats/hdf5/row_chunks.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "formats/hdf5/box_copy.h"
#include "formats/hdf5/chunk_filters.h"

namespace stoker {
namespace {

constexpr uint64_t kChunkBytes = uint64_t{1} << 20;

uint64_t product(const std::vector<uint64_t>& extents) {
  uint64_t count = 1;
  for (const uint64_t extent : extents)
    count *= extent;
  return count;
}

Deflater& deflater_of(int level) {
  thread_local std::optional<std::pair<int, Deflater>> deflater;
  if (!deflater || deflater->first != level) deflater.emplace(level, Deflater(level));
  return deflater->second;
}

}  // namespace

uint64_t RowShape::byte_count() const {
  return product(extent) * dtype_size(dtype);
}

std::vector<uint64_t> chunk_of_rows(const RowShape& shape, uint64_t rows) {
  const size_t element = dtype_size(shape.dtype);
  std::vector<uint64_t> chunk{1};
  for (const uint64_t extent : shape.extent)
    chunk.push_back(std::max<uint64_t>(1, extent));
  const uint64_t row_bytes = product(chunk) * element;
  if (row_bytes <= kChunkBytes) {
    chunk[0] = std::clamp<uint64_t>(kChunkBytes / row_bytes, 1, std::max<uint64_t>(1, rows));
    return chunk;
  }
  while (product(chunk) * element > kChunkBytes) {
    uint64_t& longest = *std::max_element(chunk.begin(), chunk.end());
    longest = (longest + 1) / 2;
  }
  return chunk;
}

RowChunker::RowChunker(const RowShape& shape, uint64_t rows)
    : shape_(shape),
      chunk_(chunk_of_rows(shape, rows)),
      chunk_bytes_(product(chunk_) * dtype_size(shape.dtype)) {
  for (size_t axis = 0; axis < shape_.extent.size(); ++axis)
    grid_.push_back((shape_.extent[axis] + chunk_[axis + 1] - 1) / chunk_[axis + 1]);
}

std::vector<uint64_t> RowChunker::start_in_row(uint64_t c) const {
  std::vector<uint64_t> start(grid_.size());
  for (size_t axis = grid_.size(); axis-- > 0;) {
    start[axis] = c % grid_[axis] * chunk_[axis + 1];
    c /= grid_[axis];
  }
  return start;
}

void RowChunker::append(ByteSpan row, std::vector<RowChunk>& done) {
  const uint64_t chunks = product(grid_);
  if (open_.empty()) {
    open_.resize(chunks);
    for (Bytes& bytes : open_)
      bytes.assign(chunk_bytes_, 0);
  }
  const uint64_t within = rows_++ % chunk_[0];
  if (chunks == 1) {
    std::copy(row.begin(), row.end(),
              open_[0].begin() + static_cast<ptrdiff_t>(within * row.size()));
  } else {  // a row that is larger than a chunk
    const ArrayBox whole{std::vector<uint64_t>(grid_.size(), 0), shape_.extent};
    for (uint64_t c = 0; c < chunks; ++c) {
      const ArrayBox part{start_in_row(c), {chunk_.begin() + 1, chunk_.end()}};
      copy_box(whole, row, part, open_[c], dtype_size(shape_.dtype));
    }
  }
  if (within + 1 == chunk_[0]) close(done);
}

void RowChunker::finish(std::vector<RowChunk>& done) {
  if (!open_.empty()) close(done);
}

void RowChunker::close(std::vector<RowChunk>& done) {
  const uint64_t first_row = (rows_ - 1) / chunk_[0] * chunk_[0];
  for (uint64_t c = 0; c < open_.size(); ++c) {
    RowChunk chunk;
    chunk.start = start_in_row(c);
    chunk.start.insert(chunk.start.begin(), first_row);
    chunk.bytes = std::move(open_[c]);
    done.push_back(std::move(chunk));
  }
  open_.clear();
}

void pack_chunk(size_t element_bytes, int deflate_level, RowChunk& chunk) {
  if (deflate_level == 0) return;
  const bool shuffled = element_bytes > 1;
  if (shuffled) {
    Bytes bytes(chunk.bytes.size());
    shuffle_bytes(chunk.bytes, element_bytes, bytes);
    chunk.bytes = std::move(bytes);
  }
  Bytes packed;
  deflater_of(deflate_level).pack(chunk.bytes, packed);
  if (packed.size() < chunk.bytes.size()) {
    chunk.bytes = std::move(packed);
  } else {
    chunk.filter_mask = shuffled ? 2u : 1u;  // the bit of deflate, which follows shuffle
  }
}

}  // namespace stoker
