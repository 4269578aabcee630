#include "formats/hdf5/element_conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "formats/stacked/element_type.h"
#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

template <typename T>
T element_at(const Bytes& elements, size_t i) {
  return load_le<T>(elements.data() + i * sizeof(T));
}

int64_t fitting(uint64_t value) {
  if (value <= uint64_t{std::numeric_limits<int64_t>::max()}) return static_cast<int64_t>(value);
  throw Error(ErrorCode::kUnsupported,
              fmt::format("the value {} of uint64 does not fit int64, as which it is read", value));
}

void widen_32(Bytes& elements) {
  Bytes wide(elements.size() * 2);
  for (size_t i = 0; i < elements.size() / sizeof(uint32_t); ++i)
    store_le(wide.data() + i * sizeof(int64_t), int64_t{element_at<uint32_t>(elements, i)});
  elements = std::move(wide);
}

void check_64(const Bytes& elements) {
  for (size_t i = 0; i < elements.size() / sizeof(uint64_t); ++i)
    fitting(element_at<uint64_t>(elements, i));
}

// Narrower elements lie in front of those still to be read.
void round_doubles(Bytes& elements) {
  const size_t count = elements.size() / sizeof(double);
  for (size_t i = 0; i < count; ++i) {
    const auto value = element_at<double>(elements, i);
    const auto rounded = static_cast<float>(value);
    if (std::isinf(rounded) && !std::isinf(value)) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("the value {} of float64 is past the end of float32, as which it is "
                              "read",
                              value));
    }
    store_le(elements.data() + i * sizeof(float), rounded);
  }
  elements.resize(count * sizeof(float));
}

int64_t whole(double value) {
  constexpr double kMost = 9007199254740992.0;  // 2^53: every whole number up to it is exact
  if (std::trunc(value) == value && std::abs(value) <= kMost) return static_cast<int64_t>(value);
  throw Error(ErrorCode::kUnsupported, fmt::format("expected a whole number, found {}", value));
}

}  // namespace

void make_neutral(const Hdf5Type& type, Bytes& elements) {
  if (type.big_endian) turn_bytes(type.size_bytes, elements);
  if (type.number == 'u' && type.size_bytes == 4) widen_32(elements);
  if (type.number == 'u' && type.size_bytes == 8) check_64(elements);
  if (is_rounded(type)) round_doubles(elements);
}

int64_t whole_number(const Hdf5Type& type, ByteSpan element) {
  Bytes bytes(element.begin(), element.end());
  if (type.big_endian) std::reverse(bytes.begin(), bytes.end());
  const uint8_t* const at = bytes.data();
  if (type.number == 'f') {
    if (type.size_bytes == 8) return whole(load_le<double>(at));
    if (type.size_bytes == 4) return whole(load_le<float>(at));
    return whole(half_to_float(load_le<uint16_t>(at)));
  }
  const bool is_signed = type.number == 'i';
  switch (type.size_bytes) {
    case 1:
      return is_signed ? int64_t{load_le<int8_t>(at)} : int64_t{load_le<uint8_t>(at)};
    case 2:
      return is_signed ? int64_t{load_le<int16_t>(at)} : int64_t{load_le<uint16_t>(at)};
    case 4:
      return is_signed ? int64_t{load_le<int32_t>(at)} : int64_t{load_le<uint32_t>(at)};
    default:
      return is_signed ? load_le<int64_t>(at) : fitting(load_le<uint64_t>(at));
  }
}

}  // namespace stoker
