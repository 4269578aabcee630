// Elements of foreign arrays as files hold them, and as fields take them.
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

enum class ElementKind : uint8_t { kBool, kUnsigned, kSigned, kFloat };

struct ElementType {
  ElementKind kind = ElementKind::kUnsigned;
  uint8_t size_bytes = 1;  // bool: 1; integers: 1, 2, 4, 8; floats: 2, 4, 8
  bool big_endian = false;
  bool operator==(const ElementType&) const = default;
};

std::string element_type_name(const ElementType& type);  // NumPy's: "uint8", "float64"
bool is_integer(const ElementType& type);                // bool is one

// What fields hold such elements as: the same where there is that; bool as uint8, uint32 as int64,
// both exact; float64 as float32, rounded. None for uint64.
std::optional<DType> field_dtype(const ElementType& type);
ElementType element_type_of(DType dtype);

// Elements of the other byte order to this machine's, in place; of 2, 4 or 8 bytes, others stay.
void turn_bytes(size_t size_bytes, std::span<uint8_t> elements);

// Elements in this machine's byte order, one after the other, to those of `dtype`. Unsupported for
// a value that `dtype` cannot hold: integers out of its range, float64 beyond float32's, a float
// that is no whole number where `dtype` is an integer. Precondition: `out` holds as many.
void convert_elements(const ElementType& from, ByteSpan elements, DType dtype,
                      std::span<uint8_t> out);

}  // namespace stoker
