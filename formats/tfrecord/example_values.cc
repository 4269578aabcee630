#include "formats/tfrecord/example_values.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/little_endian.h"
#include "libdata/image/image_probe.h"

namespace stoker {
namespace {

[[noreturn]] void bad_value(const ExampleField& field, const std::string& why) {
  throw Error(ErrorCode::kCorrupt, fmt::format("the feature '{}' {}", field.feature, why));
}

const FeaturePlace* find(const Features& features, const std::string& name) {
  const auto found = features.find(name);
  return found == features.end() ? nullptr : &found->second;
}

// Nothing where the record has no such value.
std::optional<ByteSpan> find_bytes(const ExampleField& field, const Features& features,
                                   ByteSpan record) {
  const FeaturePlace* feature = find(features, field.feature);
  if (feature == nullptr || feature->kind == FeatureKind::kNone) return std::nullopt;
  if (feature->kind != FeatureKind::kBytes) bad_value(field, "holds no bytes");
  WireReader reader(record);
  if (count_values(reader, *feature) > 1) bad_value(field, "holds several values");
  const auto range = first_bytes_value(reader, *feature);
  if (!range) return std::nullopt;
  if (range->size() > std::numeric_limits<uint32_t>::max()) bad_value(field, "is too long");
  return record.subspan(static_cast<size_t>(range->begin), static_cast<size_t>(range->size()));
}

int64_t single_number(const Features& features, const std::string& name, ByteSpan record) {
  const FeaturePlace* feature = find(features, name);
  if (feature == nullptr || feature->kind != FeatureKind::kInt64) return 0;
  const std::vector<int64_t> values = int64_values(record, *feature);
  return values.size() == 1 ? values.front() : 0;
}

// Pixels alone, where features beside them say how many there are: as tutorials write them.
std::optional<Extents> shape_of_pixels(const Features& features, ByteSpan record, size_t size) {
  constexpr int64_t kMostPixels = 1 << 20;
  for (const char* front : {"", "image/"}) {
    const auto number = [&](const char* name) {
      return single_number(features, std::string(front) + name, record);
    };
    const int64_t height = number("height");
    const int64_t width = number("width");
    int64_t channels = number("depth");
    if (channels == 0) channels = number("channels");
    if (channels == 0) channels = 1;
    const bool plausible = height > 0 && height <= kMostPixels && width > 0 &&
                           width <= kMostPixels && (channels == 1 || channels == 3);
    if (!plausible || static_cast<uint64_t>(height * width * channels) != size) continue;
    return Extents{static_cast<uint32_t>(height), static_cast<uint32_t>(width),
                   static_cast<uint32_t>(channels), 0};
  }
  return std::nullopt;
}

FieldValue image_value(const ExampleField& field, const Features& features, ByteSpan record) {
  const auto bytes = find_bytes(field, features, record);
  if (!bytes) bad_value(field, "has no image");
  FieldValue value;  // not looked at
  value.bytes = *bytes;
  if (image_kind(*bytes) != ImageKind::kUnknown) return value;
  const auto shape = shape_of_pixels(features, record, bytes->size());
  if (!shape) {
    bad_value(field,
              fmt::format("holds {} bytes that are no image file, nor uint8 pixels for which "
                          "height, width and depth stand beside; --field pixels={} keeps them "
                          "as bytes",
                          bytes->size(), field.feature));
  }
  value.shape = value.original_shape = *shape;
  return value;
}

FieldValue bytes_value(const ExampleField& field, const Features& features, ByteSpan record) {
  FieldValue value;
  value.bytes = find_bytes(field, features, record).value_or(ByteSpan());
  value.shape = {static_cast<uint32_t>(value.bytes.size()), 0, 0, 0};
  value.original_shape = value.shape;
  return value;
}

template <typename T, typename From>
void store_all(const std::vector<From>& values, const ExampleField& field, Bytes& bytes) {
  bytes.resize(values.size() * sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    const bool fits =
        std::is_floating_point_v<From> || static_cast<From>(static_cast<T>(values[i])) == values[i];
    if (!fits) bad_value(field, fmt::format("holds {}, which its dtype does not", values[i]));
    store_le(bytes.data() + i * sizeof(T), static_cast<T>(values[i]));
  }
}

void store_integers(const std::vector<int64_t>& values, const ExampleField& field, Bytes& bytes) {
  switch (field.field.dtype) {
    case DType::kUInt8:
      return store_all<uint8_t>(values, field, bytes);
    case DType::kInt8:
      return store_all<int8_t>(values, field, bytes);
    case DType::kUInt16:
      return store_all<uint16_t>(values, field, bytes);
    case DType::kInt16:
      return store_all<int16_t>(values, field, bytes);
    case DType::kInt32:
      return store_all<int32_t>(values, field, bytes);
    default:
      return store_all<int64_t>(values, field, bytes);
  }
}

void store_floats(const std::vector<float>& values, const ExampleField& field, Bytes& bytes) {
  if (field.field.dtype == DType::kFloat32) return store_all<float>(values, field, bytes);
  bytes.resize(values.size() * sizeof(uint16_t));
  for (size_t i = 0; i < values.size(); ++i)
    store_le(bytes.data() + i * sizeof(uint16_t), float_to_half(values[i]));
}

Extents shape_of_numbers(const ExampleField& field, const Features& features, ByteSpan record,
                         uint64_t count) {
  Extents shape{};
  if (field.shape_feature.empty()) {
    shape[0] = static_cast<uint32_t>(count);
    return shape;
  }
  const FeaturePlace* feature = find(features, field.shape_feature);
  if (feature == nullptr || feature->kind != FeatureKind::kInt64) bad_value(field, "has no shape");
  const std::vector<int64_t> extents = int64_values(record, *feature);
  uint64_t product = 1;
  if (extents.size() != field.field.axes.size()) bad_value(field, "has a shape of other axes");
  for (size_t axis = 0; axis < extents.size(); ++axis) {
    if (extents[axis] < 0 || extents[axis] > std::numeric_limits<uint32_t>::max() ||
        __builtin_mul_overflow(product, static_cast<uint64_t>(extents[axis]), &product)) {
      bad_value(field, "has a shape that is too large");
    }
    shape[axis] = static_cast<uint32_t>(extents[axis]);
  }
  if (product != count) bad_value(field, "does not have as many values as its shape says");
  return shape;
}

FieldValue numbers_value(const ExampleField& field, const Features& features, ByteSpan record,
                         Sample& sample) {
  const bool floats = field.field.dtype == DType::kFloat32 || field.field.dtype == DType::kFloat16;
  const FeatureKind wanted = floats ? FeatureKind::kFloat : FeatureKind::kInt64;
  const FeaturePlace* feature = find(features, field.feature);
  const bool empty = feature == nullptr || feature->kind == FeatureKind::kNone;
  if (!empty && feature->kind != wanted) bad_value(field, "holds values of another kind");
  Bytes& bytes = sample.next_buffer();
  bytes.clear();
  if (!empty && floats) store_floats(float_values(record, *feature), field, bytes);
  if (!empty && !floats) store_integers(int64_values(record, *feature), field, bytes);
  const uint64_t count = bytes.size() / dtype_size(field.field.dtype);
  FieldValue value;
  value.bytes = bytes;
  if (field.field.storage == Storage::kInline) {
    if (count != static_cast<uint64_t>(field.field.inline_element_count())) {
      bad_value(field, fmt::format("has {} values, expected {}", count,
                                   field.field.inline_element_count()));
    }
    return value;
  }
  value.shape = value.original_shape = shape_of_numbers(field, features, record, count);
  return value;
}

}  // namespace

void add_example_value(const ExampleField& field, const Features& features, ByteSpan record,
                       Sample& sample) {
  switch (field.form) {
    case ExampleForm::kImage:
      sample.values.push_back(image_value(field, features, record));
      return;
    case ExampleForm::kNumbers:
      sample.values.push_back(numbers_value(field, features, record, sample));
      return;
    default:
      sample.values.push_back(bytes_value(field, features, record));
  }
}

}  // namespace stoker
