#include "formats/hdf5/hdf5_box_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "formats/hdf5/global_heap.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

// From so many chunks in one box on they are unpacked on many threads: a volume is one sample.
constexpr size_t kChunksForThreads = 8;
constexpr int kChunkBits = 40;  // of a cache's keys

void fill_with(ByteSpan element, std::span<uint8_t> out) {
  const bool zero =
      std::all_of(element.begin(), element.end(), [](uint8_t byte) { return byte == 0; });
  if (zero) {
    std::fill(out.begin(), out.end(), uint8_t{0});
    return;
  }
  for (size_t at = 0; at < out.size(); at += element.size())
    std::copy(element.begin(), element.end(), out.begin() + static_cast<ptrdiff_t>(at));
}

ChunkFilter filter_of(const Hdf5Filter& filter, const Hdf5Array& array) {
  ChunkFilter known;
  known.id = filter.id;
  known.element_bytes = filter.parameters.empty() ? static_cast<uint32_t>(array.type.size_bytes)
                                                  : filter.parameters.front();
  return known;
}

}  // namespace

Hdf5BoxReader::Hdf5BoxReader(const Hdf5File& file, const std::string& path, ChunkCache* cache,
                             uint64_t number)
    : dataset_(file, path), cache_(cache), first_key_(number << kChunkBits) {
  const Hdf5Array& array = dataset_.array();
  through_library_ = array.layout == Hdf5Layout::kOther;
  if (array.layout != Hdf5Layout::kChunked) return;
  for (const Hdf5Filter& filter : array.filters) {
    filters_.push_back(filter_of(filter, array));
    if (is_known_filter(filter.id)) continue;
    if (!dataset_.library_has_filter(filter.id)) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: packed with the filter {} ({}), which is not read here: "
                              "h5repack -f GZIP=4 writes it again with one that is",
                              path, filter.id, filter.name.empty() ? "unnamed" : filter.name),
                  file.path());
    }
    through_library_ = true;
  }
  for (size_t axis = 0; axis < array.shape.size(); ++axis) {
    grid_.push_back((array.shape[axis] + array.chunk[axis] - 1) / array.chunk[axis]);
    chunk_count_ *= grid_.back();
  }
}

bool Hdf5BoxReader::in_one_piece(const ArrayBox& box) const {
  const std::vector<uint64_t>& shape = array().shape;
  size_t axis = 0;
  while (axis < box.rank() && box.extent[axis] == 1)
    ++axis;
  for (size_t rest = axis + 1; rest < box.rank(); ++rest)
    if (box.extent[rest] != shape[rest]) return false;
  return true;
}

uint64_t Hdf5BoxReader::first_byte(const ArrayBox& box) const {
  uint64_t element = 0;
  for (size_t axis = 0; axis < box.rank(); ++axis)
    element = element * array().shape[axis] + box.start[axis];
  return *array().offset_bytes + element * array().type.size_bytes;
}

void Hdf5BoxReader::read(const ArrayBox& box, std::span<uint8_t> out) const {
  if (out.empty()) return;
  if (through_library_) return dataset_.read_box(box.start, box.extent, out);
  if (array().layout == Hdf5Layout::kChunked) return read_chunked(box, out);
  if (!array().offset_bytes) return fill_with(array().fill, out);
  if (!in_one_piece(box)) return dataset_.read_box(box.start, box.extent, out);
  dataset_.file().bytes().read(first_byte(box), out);
}

std::vector<Bytes> Hdf5BoxReader::read_values(const ArrayBox& box) const {
  const Hdf5Type& type = array().type;
  const bool fixed = type.kind == Hdf5Kind::kText;
  if (!fixed && (through_library_ || !dataset_.file().has_usual_sizes()))
    return dataset_.read_values(box.start, box.extent);
  Bytes elements(box.element_count() * type.size_bytes);
  read(box, elements);
  std::vector<Bytes> values(box.element_count());
  GlobalHeap heap(dataset_.file().bytes(), dataset_.file().base());
  for (size_t i = 0; i < values.size(); ++i) {
    const ByteSpan element = ByteSpan(elements).subspan(i * type.size_bytes, type.size_bytes);
    if (fixed) {
      const auto end =
          type.space_padded ? element.end() : std::find(element.begin(), element.end(), 0);
      values[i].assign(element.begin(), end);
      while (type.space_padded && !values[i].empty() && values[i].back() == ' ')
        values[i].pop_back();
      continue;
    }
    try {
      heap.read(element, values[i]);
    } catch (const Error& error) {
      throw Error(error.code(), array().path + ": " + error.message(), error.path(),
                  error.offset_bytes());
    }
    const bool text = type.kind == Hdf5Kind::kVlenText;
    while (text && !values[i].empty() && values[i].back() == 0)
      values[i].pop_back();
  }
  return values;
}

void Hdf5BoxReader::prefetch(const ArrayBox& box) const {
  if (array().layout != Hdf5Layout::kContiguous || !array().offset_bytes || !in_one_piece(box))
    return;
  dataset_.file().bytes().will_need(first_byte(box), box.element_count() * array().type.size_bytes);
}

ArrayBox Hdf5BoxReader::chunk_box(uint64_t index) const {
  ArrayBox box{std::vector<uint64_t>(grid_.size()), array().chunk};
  for (size_t axis = grid_.size(); axis-- > 0;) {
    box.start[axis] = index % grid_[axis] * array().chunk[axis];
    index /= grid_[axis];
  }
  return box;
}

std::vector<uint64_t> Hdf5BoxReader::chunks_touched(const ArrayBox& box) const {
  std::vector<uint64_t> touched{0};
  for (size_t axis = 0; axis < grid_.size(); ++axis) {
    const uint64_t first = box.start[axis] / array().chunk[axis];
    const uint64_t last = (box.start[axis] + box.extent[axis] - 1) / array().chunk[axis];
    std::vector<uint64_t> next;
    for (const uint64_t before : touched)
      for (uint64_t place = first; place <= last; ++place)
        next.push_back(before * grid_[axis] + place);
    touched = std::move(next);
  }
  return touched;
}

void Hdf5BoxReader::unpack(uint64_t index, std::span<uint8_t> out) const {
  thread_local PackedChunk packed;
  const ArrayBox box = chunk_box(index);
  dataset_.read_chunk(box.start, packed);
  if (packed.bytes.empty()) return fill_with(array().fill, out);
  try {
    unpack_chunk(filters_, packed.filter_mask, packed.bytes, out);
  } catch (const Error& error) {
    throw Error(
        error.code(),
        fmt::format("{}: chunk {}: {}", array().path, describe_shape(box.start), error.message()),
        dataset_.file().path());
  }
}

Bytes Hdf5BoxReader::unpack(uint64_t index) const {
  Bytes chunk(array().chunk_bytes());
  unpack(index, chunk);
  return chunk;
}

SharedChunk Hdf5BoxReader::cached(uint64_t index, uint64_t ahead) const {
  return cache_->get(first_key_ + index, first_key_ + chunk_count_ - 1, ahead,
                     [this](uint64_t key) { return unpack(key - first_key_); });
}

// A chunk that is wanted now, and as many after it as there are threads, if they find room. The
// faults of those are for whoever asks for them.
void Hdf5BoxReader::unpack_ahead(uint64_t index) const {
  const uint64_t room = cache_->budget_bytes() / 4 / std::max<uint64_t>(1, array().chunk_bytes());
  const uint64_t count =
      std::min({static_cast<uint64_t>(thread_count()), room, chunk_count_ - index});
  if (count < 2 || cache_->has(first_key_ + index)) return;
  run_parallel(count, [&](uint64_t i) {
    try {
      cached(index + i, 0);
    } catch (const Error&) {
    }
  });
}

void Hdf5BoxReader::read_chunked(const ArrayBox& box, std::span<uint8_t> out) const {
  const size_t element = array().type.size_bytes;
  const std::vector<uint64_t> touched = chunks_touched(box);
  const auto place = [&](uint64_t index) {
    const ArrayBox from = chunk_box(index);
    if (cache_ != nullptr) {
      if (in_order_) unpack_ahead(index);
      const SharedChunk chunk = cached(index, touched.size() * static_cast<size_t>(thread_count()));
      copy_box(from, *chunk, box, out, element);
    } else if (from.start == box.start && from.extent == box.extent) {
      unpack(index, out);
    } else {
      copy_box(from, unpack(index), box, out, element);
    }
  };
  if (touched.size() >= kChunksForThreads && !in_order_) {
    run_parallel(touched.size(), [&](uint64_t i) { place(touched[i]); });
  } else {
    for (const uint64_t index : touched)
      place(index);
  }
}

}  // namespace stoker
