#include "libdata/image/jpeg_arena.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <jerror.h>

namespace stoker {
namespace {

constexpr size_t kAlignment = 64;                // libjpeg-turbo's vector code wants 32
constexpr size_t kFirstBlock = size_t{1} << 18;  // enough for rows of 500 pixels
constexpr size_t kMostBlocks = 64;  // each is at least as large as all before it together
constexpr size_t kMostKept = size_t{8} << 20;  // a very large image's memory is given back

size_t round_up(size_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

JpegArena& arena_of(j_common_ptr cinfo) {
  return *static_cast<JpegArena*>(cinfo->client_data);
}

}  // namespace

void JpegArena::attach(j_common_ptr cinfo) {
  blocks_.reserve(kMostBlocks);
  cinfo->client_data = this;
  original_ = *cinfo->mem;
  cinfo->mem->alloc_small = alloc_small;
  cinfo->mem->alloc_large = alloc_large;
  cinfo->mem->alloc_sarray = alloc_sarray;
  cinfo->mem->free_pool = free_pool;
}

void* JpegArena::take(j_common_ptr cinfo, size_t size) {
  const size_t needed = round_up(size);
  if (needed < size) ERREXIT1(cinfo, JERR_OUT_OF_MEMORY, 0);
  if (blocks_.empty() || blocks_.back().size - used_ < needed) {
    const size_t block_size = std::max({kFirstBlock, needed + kAlignment, total_});
    // No exception may pass through libjpeg's frames.
    if (blocks_.size() == kMostBlocks) ERREXIT1(cinfo, JERR_OUT_OF_MEMORY, 1);
    std::byte* memory = new (std::nothrow) std::byte[block_size];
    if (memory == nullptr) ERREXIT1(cinfo, JERR_OUT_OF_MEMORY, 0);
    blocks_.push_back({std::unique_ptr<std::byte[]>(memory), block_size});
    const size_t misaligned = reinterpret_cast<uintptr_t>(memory) % kAlignment;
    used_ = misaligned == 0 ? 0 : kAlignment - misaligned;
  }
  void* const piece = blocks_.back().memory.get() + used_;
  used_ += needed;
  total_ += needed;
  return piece;
}

// Keeps one block, large enough for an image like the last one.
void JpegArena::reset() {
  if (total_ > kMostKept) {
    blocks_.clear();
  } else if (blocks_.size() > 1) {
    std::swap(blocks_.front(), blocks_.back());
    blocks_.resize(1);
  }
  used_ = 0;
  if (!blocks_.empty()) {
    const size_t misaligned =
        reinterpret_cast<uintptr_t>(blocks_.front().memory.get()) % kAlignment;
    used_ = misaligned == 0 ? 0 : kAlignment - misaligned;
  }
  total_ = 0;
}

void* JpegArena::alloc_small(j_common_ptr cinfo, int pool, size_t size) {
  JpegArena& arena = arena_of(cinfo);
  if (pool != JPOOL_IMAGE) return arena.original_.alloc_small(cinfo, pool, size);
  void* const piece = arena.take(cinfo, size);
  std::memset(piece, 0, size);  // so that a damaged file never shows an earlier image's values
  return piece;
}

void* JpegArena::alloc_large(j_common_ptr cinfo, int pool, size_t size) {
  JpegArena& arena = arena_of(cinfo);
  return pool == JPOOL_IMAGE ? arena.take(cinfo, size)
                             : arena.original_.alloc_large(cinfo, pool, size);
}

JSAMPARRAY JpegArena::alloc_sarray(j_common_ptr cinfo, int pool, JDIMENSION width,
                                   JDIMENSION rows) {
  JpegArena& arena = arena_of(cinfo);
  if (pool != JPOOL_IMAGE) return arena.original_.alloc_sarray(cinfo, pool, width, rows);
  const size_t row_bytes = round_up(size_t{width} * sizeof(JSAMPLE));
  auto* const array = static_cast<JSAMPARRAY>(arena.take(cinfo, rows * sizeof(JSAMPROW)));
  auto* const samples = static_cast<JSAMPLE*>(arena.take(cinfo, rows * row_bytes));
  for (JDIMENSION i = 0; i < rows; ++i)
    array[i] = samples + i * row_bytes;
  return array;
}

void JpegArena::free_pool(j_common_ptr cinfo, int pool) {
  JpegArena& arena = arena_of(cinfo);
  arena.original_.free_pool(cinfo, pool);
  if (pool == JPOOL_IMAGE) arena.reset();
}

}  // namespace stoker
