#include "formats/inline_sidecar.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/little_endian.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

Json real_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  return value;
}

double read_real(const Json& json) {
  if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (json == "inf") return std::numeric_limits<double>::infinity();
  if (json == "-inf") return -std::numeric_limits<double>::infinity();
  return json.get<double>();
}

Json element_json(DType dtype, const uint8_t* at) {
  switch (dtype) {
    case DType::kUInt8:
      return *at;
    case DType::kInt8:
      return load_le<int8_t>(at);
    case DType::kUInt16:
      return load_le<uint16_t>(at);
    case DType::kInt16:
      return load_le<int16_t>(at);
    case DType::kInt32:
      return load_le<int32_t>(at);
    case DType::kInt64:
      return load_le<int64_t>(at);
    case DType::kFloat16:
      return real_json(half_to_float(load_le<uint16_t>(at)));
    case DType::kFloat32:
      return real_json(load_le<float>(at));
  }
  throw Error(ErrorCode::kInternal, "element type without JSON");
}

template <typename T>
void store_integer(const Json& json, uint8_t* at) {
  const int64_t value = read_int64(json);
  if (!std::in_range<T>(value)) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{} does not fit its field", value));
  }
  store_le(at, static_cast<T>(value));
}

void store_element(DType dtype, const Json& json, uint8_t* at) {
  switch (dtype) {
    case DType::kUInt8:
      return store_integer<uint8_t>(json, at);
    case DType::kInt8:
      return store_integer<int8_t>(json, at);
    case DType::kUInt16:
      return store_integer<uint16_t>(json, at);
    case DType::kInt16:
      return store_integer<int16_t>(json, at);
    case DType::kInt32:
      return store_integer<int32_t>(json, at);
    case DType::kInt64:
      return store_integer<int64_t>(json, at);
    case DType::kFloat16:
      return store_le(at, float_to_half(static_cast<float>(read_real(json))));
    case DType::kFloat32:
      return store_le(at, static_cast<float>(read_real(json)));
  }
}

}  // namespace

std::string encode_sidecar(const Schema& schema, const std::vector<size_t>& positions,
                           const Sample& sample) {
  Json json = Json::object();
  for (const size_t f : positions) {
    const Field& field = schema.fields[f];
    const ByteSpan bytes = sample.values[f].bytes;
    const size_t size = dtype_size(field.dtype);
    Json values = Json::array();
    for (size_t at = 0; at + size <= bytes.size(); at += size)
      values.push_back(element_json(field.dtype, bytes.data() + at));
    json[field.name] = field.axes.empty() ? values.at(0) : values;
  }
  return json.dump() + "\n";
}

std::vector<Bytes> decode_sidecar(const Schema& schema, const std::vector<size_t>& positions,
                                  std::string_view text) {
  std::vector<Bytes> all;
  read_json(text, "fields", [&](const Json& json) {
    for (const size_t f : positions) {
      const Field& field = schema.fields[f];
      const size_t size = dtype_size(field.dtype);
      const auto count = static_cast<size_t>(field.inline_element_count());
      Bytes bytes(count * size);
      const Json& values = json.at(field.name);
      for (size_t i = 0; i < count; ++i)
        store_element(field.dtype, field.axes.empty() ? values : values.at(i), &bytes[i * size]);
      all.push_back(std::move(bytes));
    }
  });
  return all;
}

}  // namespace stoker
