#include "formats/nifti/nifti_voxels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

template <typename Stored>
Stored element(ByteSpan stored, size_t i) {
  return load_le<Stored>(stored.data() + i * sizeof(Stored));
}

[[noreturn]] void refuse(ErrorCode code, double value, size_t i, const char* expected) {
  throw Error(code, fmt::format("expected {}, found {} at element {}", expected, value, i));
}

// Calls `work` with a value of the C++ type that the elements have.
template <typename Work>
auto with_type(NiftiType type, Work work) {
  switch (type) {
    case NiftiType::kUInt8:
      return work(uint8_t{});
    case NiftiType::kInt8:
      return work(int8_t{});
    case NiftiType::kInt16:
      return work(int16_t{});
    case NiftiType::kUInt16:
      return work(uint16_t{});
    case NiftiType::kInt32:
      return work(int32_t{});
    case NiftiType::kUInt32:
      return work(uint32_t{});
    case NiftiType::kInt64:
      return work(int64_t{});
    case NiftiType::kUInt64:
      return work(uint64_t{});
    case NiftiType::kFloat32:
      return work(float{});
    case NiftiType::kFloat64:
      return work(double{});
  }
  throw Error(ErrorCode::kInternal, "element type without a C++ type");
}

// In the machine's byte order; a copy only where that is another one.
ByteSpan in_order(const NiftiHeader& header, ByteSpan stored, Bytes& copy) {
  const size_t size = nifti_type_size(header.type);
  if (!header.swapped || size == 1) return stored;
  copy.assign(stored.begin(), stored.end());
  for (size_t at = 0; at < copy.size(); at += size)
    std::reverse(copy.begin() + static_cast<std::ptrdiff_t>(at),
                 copy.begin() + static_cast<std::ptrdiff_t>(at + size));
  return copy;
}

double scaled(const NiftiHeader& header, double value) {
  return value * header.slope + header.intercept;
}

template <typename Stored>
bool to_floats(const NiftiHeader& header, ByteSpan stored, std::span<uint8_t> out) {
  const size_t count = stored.size() / sizeof(Stored);
  auto* to = reinterpret_cast<float*>(out.data());
  if (header.scales()) {
    const double slope = header.slope;
    const double intercept = header.intercept;
    for (size_t i = 0; i < count; ++i)
      to[i] =
          static_cast<float>(static_cast<double>(element<Stored>(stored, i)) * slope + intercept);
    return false;
  }
  bool rounded = false;
  for (size_t i = 0; i < count; ++i) {
    const auto value = element<Stored>(stored, i);
    to[i] = static_cast<float>(value);
    if constexpr (sizeof(Stored) > 2 && !std::is_same_v<Stored, float>) {
      const auto exact = static_cast<double>(value);
      rounded |= static_cast<double>(to[i]) != exact && !std::isnan(exact);
      if (std::isinf(to[i]) && !std::isinf(exact)) {
        refuse(ErrorCode::kUnsupported, exact, i, "values that float32 reaches");
      }
    }
  }
  return rounded;
}

template <typename Stored>
bool to_halves(const NiftiHeader& header, ByteSpan stored, std::span<uint8_t> out) {
  bool rounded = false;
  for (size_t i = 0; i < stored.size() / sizeof(Stored); ++i) {
    auto value = static_cast<double>(element<Stored>(stored, i));
    if (header.scales()) value = scaled(header, value);
    const uint16_t half = float_to_half(static_cast<float>(value));
    rounded |= static_cast<double>(half_to_float(half)) != value && !std::isnan(value);
    store_le(&out[i * sizeof(half)], half);
  }
  return rounded;
}

// Whether `value` is one of To's; To an integer type.
template <typename To, typename Stored>
bool fits(Stored value) {
  if constexpr (std::is_floating_point_v<Stored>) {
    // Both ends are powers of two, and so exact.
    const double low = static_cast<double>(std::numeric_limits<To>::min());
    const double past = std::ldexp(1.0, std::numeric_limits<To>::digits);
    const auto exact = static_cast<double>(value);
    return exact >= low && exact < past && exact == std::floor(exact);
  } else {
    return std::in_range<To>(value);
  }
}

template <typename To, typename Stored>
void to_integers(const NiftiHeader& header, ByteSpan stored, std::span<uint8_t> out, ErrorCode code,
                 const char* expected) {
  for (size_t i = 0; i < stored.size() / sizeof(Stored); ++i) {
    const auto value = element<Stored>(stored, i);
    if (header.scales()) {
      const double real = scaled(header, static_cast<double>(value));
      if (!fits<To>(real)) refuse(code, real, i, expected);
      store_le(&out[i * sizeof(To)], static_cast<To>(real));
    } else {
      if (!fits<To>(value)) refuse(code, static_cast<double>(value), i, expected);
      store_le(&out[i * sizeof(To)], static_cast<To>(value));
    }
  }
}

template <typename To>
bool integers(const NiftiHeader& header, ByteSpan stored, std::span<uint8_t> out) {
  with_type(header.type, [&](auto type) {
    to_integers<To, decltype(type)>(header, stored, out, ErrorCode::kUnsupported,
                                    "whole numbers that the data set's type holds");
  });
  return false;
}

struct Range {
  int64_t low;
  uint64_t high;
};
Range range_of(DType dtype) {
  switch (dtype) {
    case DType::kUInt8:
      return {0, 255};
    case DType::kInt8:
      return {-128, 127};
    case DType::kUInt16:
      return {0, 65535};
    case DType::kInt16:
      return {-32768, 32767};
    case DType::kInt32:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    default:
      return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  }
}

}  // namespace

DType natural_dtype(const NiftiHeader& header) {
  if (header.scales()) return DType::kFloat32;
  switch (header.type) {
    case NiftiType::kUInt8:
      return DType::kUInt8;
    case NiftiType::kInt8:
      return DType::kInt8;
    case NiftiType::kInt16:
      return DType::kInt16;
    case NiftiType::kUInt16:
      return DType::kUInt16;
    case NiftiType::kInt32:
      return DType::kInt32;
    case NiftiType::kUInt32:
    case NiftiType::kInt64:
    case NiftiType::kUInt64:
      return DType::kInt64;
    case NiftiType::kFloat32:
    case NiftiType::kFloat64:
      break;
  }
  return DType::kFloat32;
}

DType common_dtype(DType a, DType b) {
  if (a == b) return a;
  if (a == DType::kFloat32 || b == DType::kFloat32) return DType::kFloat32;
  const int64_t low = std::min(range_of(a).low, range_of(b).low);
  const uint64_t high = std::max(range_of(a).high, range_of(b).high);
  for (const DType dtype :
       {DType::kUInt8, DType::kInt8, DType::kUInt16, DType::kInt16, DType::kInt32}) {
    const Range range = range_of(dtype);
    if (range.low <= low && range.high >= high) return dtype;
  }
  return DType::kInt64;
}

bool is_stored_as(const NiftiHeader& header, DType dtype) {
  const bool same =
      natural_dtype(header) == dtype && dtype_size(dtype) == nifti_type_size(header.type);
  const bool order = !header.swapped || nifti_type_size(header.type) == 1;
  return same && order && !header.scales() && header.type != NiftiType::kUInt64;
}

bool convert_elements(const NiftiHeader& header, ByteSpan stored, DType dtype,
                      std::span<uint8_t> out) {
  Bytes copy;
  const ByteSpan from = in_order(header, stored, copy);
  switch (dtype) {
    case DType::kFloat32:
      return with_type(header.type,
                       [&](auto type) { return to_floats<decltype(type)>(header, from, out); });
    case DType::kFloat16:
      return with_type(header.type,
                       [&](auto type) { return to_halves<decltype(type)>(header, from, out); });
    case DType::kUInt8:
      return integers<uint8_t>(header, from, out);
    case DType::kInt8:
      return integers<int8_t>(header, from, out);
    case DType::kUInt16:
      return integers<uint16_t>(header, from, out);
    case DType::kInt16:
      return integers<int16_t>(header, from, out);
    case DType::kInt32:
      return integers<int32_t>(header, from, out);
    case DType::kInt64:
      return integers<int64_t>(header, from, out);
  }
  throw Error(ErrorCode::kInternal, "element type without a conversion");
}

void convert_labels(const NiftiHeader& header, ByteSpan stored, std::span<uint8_t> out) {
  Bytes copy;
  const ByteSpan from = in_order(header, stored, copy);
  with_type(header.type, [&](auto type) {
    to_integers<uint8_t, decltype(type)>(header, from, out, ErrorCode::kCorrupt,
                                         "class indices from 0 to 255");
  });
}

}  // namespace stoker
