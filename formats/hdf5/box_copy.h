// Boxes of N-dimensional arrays in C order: copying the part that two boxes share.
//
// Thread-safety: pure functions. Extents in elements, slowest axis first, all of one rank.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

struct ArrayBox {
  std::vector<uint64_t> start;
  std::vector<uint64_t> extent;

  size_t rank() const { return start.size(); }
  uint64_t element_count() const;
};

// The box that both hold; nothing in it where they do not meet.
ArrayBox meet(const ArrayBox& a, const ArrayBox& b);

// Of the elements of box `from_box` those that lie in `to_box` too, to their places.
void copy_box(const ArrayBox& from_box, ByteSpan from, const ArrayBox& to_box,
              std::span<uint8_t> to, size_t element_bytes);

// Elements with their axes in another order: axis k of `to` is axis order[k] of `from`.
void permute_axes(const std::vector<uint64_t>& from_extent, const std::vector<size_t>& order,
                  ByteSpan from, std::span<uint8_t> to, size_t element_bytes);

}  // namespace stoker
