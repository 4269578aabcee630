#include "formats/stacked/element_type.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

// float16 has no type of its own here.
struct Half {
  uint16_t bits;
};

template <typename T>
double as_number(T value) {
  if constexpr (std::is_same_v<T, Half>) {
    return half_to_float(value.bits);
  } else {
    return static_cast<double>(value);
  }
}

template <typename T>
void turn_all(std::span<uint8_t> bytes, T (*turn)(T)) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T))
    store_le(&bytes[at], turn(load_le<T>(&bytes[at])));
}

[[noreturn]] void refuse_value(const std::string& value, DType dtype) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("the value {} does not fit {}", value, dtype_name(dtype)));
}

template <typename To, typename From>
To convert_value(From value, DType dtype) {
  if constexpr (std::is_same_v<From, To>) {
    return value;
  } else if constexpr (std::is_same_v<To, Half>) {
    const auto number = static_cast<float>(as_number(value));
    const Half half{float_to_half(number)};
    if (std::isfinite(number) && !std::isfinite(half_to_float(half.bits)))
      refuse_value(fmt::format("{}", number), dtype);
    return half;
  } else if constexpr (std::is_same_v<To, float>) {
    const double number = as_number(value);
    const auto narrow = static_cast<float>(number);
    if (std::isfinite(number) && !std::isfinite(narrow))
      refuse_value(fmt::format("{}", number), dtype);
    return narrow;
  } else if constexpr (std::is_integral_v<From>) {
    if (!std::in_range<To>(value)) refuse_value(fmt::format("{}", value), dtype);
    return static_cast<To>(value);
  } else {
    const double number = as_number(value);
    // The upper limit itself may not be a double: what is below 2^digits fits.
    const double limit = std::ldexp(1.0, std::numeric_limits<To>::digits);
    const double lowest = std::is_signed_v<To> ? -limit : 0.0;
    const bool fits = number >= lowest && number < limit && std::trunc(number) == number;
    if (!fits) refuse_value(fmt::format("{}", number), dtype);
    return static_cast<To>(number);
  }
}

template <typename From, typename To>
void convert_all(ByteSpan elements, DType dtype, std::span<uint8_t> out) {
  const size_t count = elements.size() / sizeof(From);
  for (size_t i = 0; i < count; ++i) {
    const auto value = load_le<From>(elements.data() + i * sizeof(From));
    store_le(out.data() + i * sizeof(To), convert_value<To>(value, dtype));
  }
}

template <typename From>
void convert_from(ByteSpan elements, DType dtype, std::span<uint8_t> out) {
  switch (dtype) {
    case DType::kUInt8:
      return convert_all<From, uint8_t>(elements, dtype, out);
    case DType::kInt8:
      return convert_all<From, int8_t>(elements, dtype, out);
    case DType::kUInt16:
      return convert_all<From, uint16_t>(elements, dtype, out);
    case DType::kInt16:
      return convert_all<From, int16_t>(elements, dtype, out);
    case DType::kInt32:
      return convert_all<From, int32_t>(elements, dtype, out);
    case DType::kInt64:
      return convert_all<From, int64_t>(elements, dtype, out);
    case DType::kFloat16:
      return convert_all<From, Half>(elements, dtype, out);
    case DType::kFloat32:
      return convert_all<From, float>(elements, dtype, out);
  }
}

}  // namespace

std::string element_type_name(const ElementType& type) {
  if (type.kind == ElementKind::kBool) return "bool";
  const char* kind = type.kind == ElementKind::kUnsigned ? "uint"
                     : type.kind == ElementKind::kSigned ? "int"
                                                         : "float";
  return fmt::format("{}{}", kind, 8 * type.size_bytes);
}

bool is_integer(const ElementType& type) {
  return type.kind != ElementKind::kFloat;
}

std::optional<DType> field_dtype(const ElementType& type) {
  switch (type.kind) {
    case ElementKind::kBool:
      return DType::kUInt8;
    case ElementKind::kFloat:
      return type.size_bytes == 2 ? DType::kFloat16 : DType::kFloat32;
    case ElementKind::kSigned:
      return type.size_bytes == 1   ? DType::kInt8
             : type.size_bytes == 2 ? DType::kInt16
             : type.size_bytes == 4 ? DType::kInt32
                                    : DType::kInt64;
    case ElementKind::kUnsigned:
      if (type.size_bytes == 8) return std::nullopt;
      return type.size_bytes == 1   ? DType::kUInt8
             : type.size_bytes == 2 ? DType::kUInt16
                                    : DType::kInt64;
  }
  return std::nullopt;
}

ElementType element_type_of(DType dtype) {
  const auto size = static_cast<uint8_t>(dtype_size(dtype));
  switch (dtype) {
    case DType::kUInt8:
    case DType::kUInt16:
      return {ElementKind::kUnsigned, size, false};
    case DType::kFloat16:
    case DType::kFloat32:
      return {ElementKind::kFloat, size, false};
    default:
      return {ElementKind::kSigned, size, false};
  }
}

void turn_bytes(size_t size_bytes, std::span<uint8_t> elements) {
  switch (size_bytes) {
    case 2:
      return turn_all<uint16_t>(elements, [](uint16_t v) { return __builtin_bswap16(v); });
    case 4:
      return turn_all<uint32_t>(elements, [](uint32_t v) { return __builtin_bswap32(v); });
    case 8:
      return turn_all<uint64_t>(elements, [](uint64_t v) { return __builtin_bswap64(v); });
    default:
      return;
  }
}

void convert_elements(const ElementType& from, ByteSpan elements, DType dtype,
                      std::span<uint8_t> out) {
  const bool is_signed = from.kind == ElementKind::kSigned;
  if (from.kind == ElementKind::kFloat) {
    if (from.size_bytes == 2) return convert_from<Half>(elements, dtype, out);
    if (from.size_bytes == 4) return convert_from<float>(elements, dtype, out);
    return convert_from<double>(elements, dtype, out);
  }
  switch (from.size_bytes) {
    case 1:
      return is_signed ? convert_from<int8_t>(elements, dtype, out)
                       : convert_from<uint8_t>(elements, dtype, out);
    case 2:
      return is_signed ? convert_from<int16_t>(elements, dtype, out)
                       : convert_from<uint16_t>(elements, dtype, out);
    case 4:
      return is_signed ? convert_from<int32_t>(elements, dtype, out)
                       : convert_from<uint32_t>(elements, dtype, out);
    default:
      return is_signed ? convert_from<int64_t>(elements, dtype, out)
                       : convert_from<uint64_t>(elements, dtype, out);
  }
}

}  // namespace stoker
