#include "formats/zarr/zarr_fill.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

[[noreturn]] void refuse(const ElementType& type, const Json& json) {
  throw Error(ErrorCode::kCorrupt,
              fmt::format("fill_value {} is no {}", json.dump(), element_type_name(type)));
}

Bytes low_bytes(uint64_t bits, size_t size) {
  Bytes all(sizeof(bits));
  store_le(all.data(), bits);
  all.resize(size);
  return all;
}

Bytes float_bytes(const ElementType& type, double value) {
  Bytes bytes(type.size_bytes);
  if (type.size_bytes == 8) {
    store_le(bytes.data(), value);
  } else if (type.size_bytes == 4) {
    store_le(bytes.data(), static_cast<float>(value));
  } else {
    store_le(bytes.data(), float_to_half(static_cast<float>(value)));
  }
  return bytes;
}

std::optional<Bytes> from_base64(const std::string& text, size_t size) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char letter : text) {
    if (letter == '=') break;
    const size_t digit = kDigits.find(letter);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<uint8_t>(bits >> count));
  }
  if (bytes.size() != size) return std::nullopt;
  return bytes;
}

Bytes from_text(const ElementType& type, const Json& json) {
  const auto text = json.get<std::string>();
  if (type.kind == ElementKind::kFloat) {
    if (text == "NaN") return float_bytes(type, std::numeric_limits<double>::quiet_NaN());
    if (text == "Infinity") return float_bytes(type, std::numeric_limits<double>::infinity());
    if (text == "-Infinity") return float_bytes(type, -std::numeric_limits<double>::infinity());
    if (text.starts_with("0x")) {
      uint64_t bits = 0;
      const char* const end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + 2, end, bits, 16);
      if (error != std::errc{} || stop != end || text.size() != 2 + 2u * type.size_bytes) {
        refuse(type, json);
      }
      return low_bytes(bits, type.size_bytes);
    }
  }
  if (const auto bytes = from_base64(text, type.size_bytes)) return *bytes;
  refuse(type, json);
}

// A whole number in the range of the type; writers spell 0 as 0.0 too.
Bytes from_integer(const ElementType& type, const Json& json) {
  const int bits = 8 * type.size_bytes;
  if (json.is_number_unsigned() || (json.is_number_integer() && json.get<int64_t>() >= 0)) {
    const auto value = json.get<uint64_t>();
    const int digits = type.kind == ElementKind::kSigned ? bits - 1 : bits;
    if (digits < 64 && value >> digits != 0) refuse(type, json);
    return low_bytes(value, type.size_bytes);
  }
  if (json.is_number_integer()) {
    const auto value = json.get<int64_t>();
    const bool fits = type.kind == ElementKind::kSigned && value >> (bits - 1) == -1;
    if (!fits) refuse(type, json);
    return low_bytes(static_cast<uint64_t>(value), type.size_bytes);
  }
  const auto value = json.get<double>();
  const bool whole = std::abs(value) < 9e15 && std::trunc(value) == value;
  if (!whole) refuse(type, json);
  return from_integer(type, Json(static_cast<int64_t>(value)));
}

}  // namespace

Bytes parse_zarr_fill(const ElementType& type, const Json& json) {
  if (json.is_null()) return Bytes(type.size_bytes);
  if (json.is_boolean()) {
    if (type.kind == ElementKind::kFloat) refuse(type, json);
    return low_bytes(json.get<bool>() ? 1 : 0, type.size_bytes);
  }
  if (json.is_string()) return from_text(type, json);
  if (!json.is_number()) refuse(type, json);
  if (type.kind == ElementKind::kFloat) return float_bytes(type, json.get<double>());
  return from_integer(type, json);
}

}  // namespace stoker
