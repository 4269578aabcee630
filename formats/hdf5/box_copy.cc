#include "formats/hdf5/box_copy.h"

#include <algorithm>
#include <cstring>

namespace stoker {
namespace {

std::vector<uint64_t> strides_of(const std::vector<uint64_t>& extent) {
  std::vector<uint64_t> strides(extent.size(), 1);
  for (size_t axis = extent.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * extent[axis];
  return strides;
}

// The next place, last axis fastest; false after the last one.
bool advance(std::vector<uint64_t>& place, const std::vector<uint64_t>& extent, size_t axes) {
  for (size_t axis = axes; axis-- > 0;) {
    if (++place[axis] < extent[axis]) return true;
    place[axis] = 0;
  }
  return false;
}

}  // namespace

uint64_t ArrayBox::element_count() const {
  uint64_t count = 1;
  for (const uint64_t size : extent)
    count *= size;
  return count;
}

ArrayBox meet(const ArrayBox& a, const ArrayBox& b) {
  ArrayBox both = a;
  for (size_t axis = 0; axis < a.rank(); ++axis) {
    const uint64_t begin = std::max(a.start[axis], b.start[axis]);
    const uint64_t end = std::min(a.start[axis] + a.extent[axis], b.start[axis] + b.extent[axis]);
    both.start[axis] = begin;
    both.extent[axis] = end > begin ? end - begin : 0;
  }
  return both;
}

void copy_box(const ArrayBox& from_box, ByteSpan from, const ArrayBox& to_box,
              std::span<uint8_t> to, size_t element_bytes) {
  const ArrayBox both = meet(from_box, to_box);
  if (both.element_count() == 0) return;
  const std::vector<uint64_t> from_strides = strides_of(from_box.extent);
  const std::vector<uint64_t> to_strides = strides_of(to_box.extent);
  // Axes at the end that both boxes hold whole lie in one piece.
  size_t axes = both.rank();
  uint64_t run = element_bytes;
  while (axes > 0) {
    const size_t axis = --axes;
    run *= both.extent[axis];
    if (both.extent[axis] != from_box.extent[axis] || both.extent[axis] != to_box.extent[axis])
      break;
  }
  uint64_t from_base = 0;
  uint64_t to_base = 0;
  for (size_t axis = 0; axis < both.rank(); ++axis) {
    from_base += (both.start[axis] - from_box.start[axis]) * from_strides[axis];
    to_base += (both.start[axis] - to_box.start[axis]) * to_strides[axis];
  }
  std::vector<uint64_t> place(both.rank(), 0);
  do {
    uint64_t from_at = from_base;
    uint64_t to_at = to_base;
    for (size_t axis = 0; axis < axes; ++axis) {
      from_at += place[axis] * from_strides[axis];
      to_at += place[axis] * to_strides[axis];
    }
    std::memcpy(to.data() + to_at * element_bytes, from.data() + from_at * element_bytes, run);
  } while (advance(place, both.extent, axes));
}

void permute_axes(const std::vector<uint64_t>& from_extent, const std::vector<size_t>& order,
                  ByteSpan from, std::span<uint8_t> to, size_t element_bytes) {
  const std::vector<uint64_t> strides = strides_of(from_extent);
  std::vector<uint64_t> extent(order.size());
  for (size_t axis = 0; axis < order.size(); ++axis)
    extent[axis] = from_extent[order[axis]];
  if (from.empty()) return;
  std::vector<uint64_t> place(order.size(), 0);
  uint8_t* next = to.data();
  do {
    uint64_t at = 0;
    for (size_t axis = 0; axis < order.size(); ++axis)
      at += place[axis] * strides[order[axis]];
    std::memcpy(next, from.data() + at * element_bytes, element_bytes);
    next += element_bytes;
  } while (advance(place, extent, order.size()));
}

}  // namespace stoker
