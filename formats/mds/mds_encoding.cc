#include "formats/mds/mds_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

using Form = MdsEncoding::Form;

struct NumberType {
  std::string_view name;
  uint8_t code;  // in front of arrays that say their type
  ElementType type;
};
constexpr std::array<NumberType, 11> kNumberTypes{{
    {"uint8", 8, {ElementKind::kUnsigned, 1, false}},
    {"int8", 9, {ElementKind::kSigned, 1, false}},
    {"uint16", 16, {ElementKind::kUnsigned, 2, false}},
    {"int16", 17, {ElementKind::kSigned, 2, false}},
    {"float16", 18, {ElementKind::kFloat, 2, false}},
    {"uint32", 32, {ElementKind::kUnsigned, 4, false}},
    {"int32", 33, {ElementKind::kSigned, 4, false}},
    {"float32", 34, {ElementKind::kFloat, 4, false}},
    {"uint64", 64, {ElementKind::kUnsigned, 8, false}},
    {"int64", 65, {ElementKind::kSigned, 8, false}},
    {"float64", 66, {ElementKind::kFloat, 8, false}},
}};

const NumberType* find_type(std::string_view name) {
  const auto found = std::find_if(kNumberTypes.begin(), kNumberTypes.end(),
                                  [&](const NumberType& t) { return t.name == name; });
  return found == kNumberTypes.end() ? nullptr : &*found;
}

const NumberType& type_of_code(uint8_t code) {
  const auto found = std::find_if(kNumberTypes.begin(), kNumberTypes.end(),
                                  [&](const NumberType& t) { return t.code == code; });
  if (found != kNumberTypes.end()) return *found;
  throw Error(ErrorCode::kCorrupt, fmt::format("an array says that its type is {}", code));
}

[[noreturn]] void refuse_encoding(const std::string& text, std::string_view why) {
  throw Error(ErrorCode::kUnsupported, fmt::format("the encoding '{}' is not read{}", text, why));
}

std::vector<uint64_t> parse_shape(const std::string& encoding, std::string_view text) {
  std::vector<uint64_t> shape;
  while (true) {
    uint64_t extent = 0;
    const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
    if (error != std::errc() || extent == 0) refuse_encoding(encoding, ": it has no such shape");
    shape.push_back(extent);
    text.remove_prefix(static_cast<size_t>(after - text.data()));
    if (text.empty()) return shape;
    if (text.front() != ',') refuse_encoding(encoding, ": it has no such shape");
    text.remove_prefix(1);
  }
}

MdsEncoding parse_array(const std::string& text) {
  MdsEncoding encoding{Form::kArray, {}, {}};
  const size_t first = text.find(':');
  if (first == text.npos) return encoding;
  const size_t second = text.find(':', first + 1);
  const std::string name = text.substr(first + 1, second - first - 1);
  const NumberType* type = find_type(name);
  if (type == nullptr && !(name.empty() && second != text.npos)) {
    refuse_encoding(text, ": it has no such type");
  }
  if (type != nullptr) encoding.type = type->type;
  if (second != text.npos)
    encoding.shape = parse_shape(text, std::string_view(text).substr(second + 1));
  return encoding;
}

// What is left of `bytes` behind `*at`; moves that on.
ByteSpan take(ByteSpan bytes, size_t* at, uint64_t size) {
  if (size > bytes.size() - *at) throw Error(ErrorCode::kCorrupt, "a value is cut short");
  const ByteSpan taken = bytes.subspan(*at, static_cast<size_t>(size));
  *at += taken.size();
  return taken;
}

RecordCell decode_array(const MdsEncoding& encoding, ByteSpan bytes) {
  size_t at = 0;
  const ElementType type =
      encoding.type ? *encoding.type : type_of_code(take(bytes, &at, 1).front()).type;
  if (encoding.shape) return array_cell(bytes.subspan(at), type, *encoding.shape);
  const uint8_t form = take(bytes, &at, 1).front();
  const size_t width = size_t{1} << (form & 3);
  const ByteSpan extents = take(bytes, &at, (form >> 2) * width);
  std::vector<uint64_t> shape;
  for (size_t axis = 0; axis < extents.size(); axis += width) {
    uint64_t extent = 0;
    for (size_t byte = 0; byte < width; ++byte)
      extent |= static_cast<uint64_t>(extents[axis + byte]) << (8 * byte);
    shape.push_back(extent);
  }
  return array_cell(bytes.subspan(at), type, std::move(shape));
}

template <typename T>
T parse_number(ByteSpan bytes) {
  const std::string_view text = as_text(bytes);
  T number{};
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || after != text.data() + text.size()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("'{}' is no number", text.substr(0, 40)));
  }
  return number;
}

// Eight pixels a byte, the first in the highest bit, rows from whole bytes: as PIL has mode "1".
RecordCell decode_bits(ByteSpan bytes, uint64_t width, uint64_t height, Sample& memory) {
  const uint64_t row_bytes = (width + 7) / 8;
  if (row_bytes * height != bytes.size()) {
    throw Error(ErrorCode::kCorrupt, "an image of bits does not have as many as its size says");
  }
  Bytes& pixels = memory.next_buffer();
  pixels.resize(static_cast<size_t>(width * height));
  for (uint64_t y = 0; y < height; ++y) {
    for (uint64_t x = 0; x < width; ++x) {
      const int bit = bytes[y * row_bytes + x / 8] >> (7 - x % 8) & 1;
      pixels[y * width + x] = bit != 0 ? 255 : 0;
    }
  }
  return array_cell(pixels, {}, {height, width, 1});
}

RecordCell decode_pil(ByteSpan bytes, Sample& memory) {
  size_t at = 0;
  const ByteSpan front = take(bytes, &at, 12);
  const uint64_t width = load_le<uint32_t>(front.data());
  const uint64_t height = load_le<uint32_t>(front.data() + 4);
  const std::string mode(as_text(take(bytes, &at, load_le<uint32_t>(front.data() + 8))));
  const ByteSpan pixels = bytes.subspan(at);
  if (mode == "1") return decode_bits(pixels, width, height, memory);
  if (mode == "L") return array_cell(pixels, {}, {height, width, 1});
  if (mode == "RGB") return array_cell(pixels, {}, {height, width, 3});
  if (mode != "RGBA") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("an image of the mode '{}' is not read", mode.substr(0, 16)));
  }
  array_cell(pixels, {}, {height, width, 4});
  Bytes& opaque = memory.next_buffer();
  opaque.resize(pixels.size() / 4 * 3);
  for (size_t pixel = 0; pixel < pixels.size() / 4; ++pixel)
    std::copy_n(pixels.data() + 4 * pixel, 3, opaque.data() + 3 * pixel);
  return array_cell(opaque, {}, {height, width, 3});
}

}  // namespace

std::optional<uint64_t> MdsEncoding::size_bytes() const {
  if (!type || (form != Form::kScalar && !shape)) return std::nullopt;
  uint64_t size = type->size_bytes;
  if (shape) {
    for (const uint64_t extent : *shape)
      if (__builtin_mul_overflow(size, extent, &size)) return std::nullopt;
  }
  return size;
}

MdsEncoding parse_mds_encoding(const std::string& text) {
  const NumberType* type = find_type(text == "int" ? "int64" : text);
  if (type != nullptr) return {Form::kScalar, type->type, {}};
  if (text == "bytes") return {Form::kBytes, {}, {}};
  if (text == "str" || text == "json") return {Form::kText, {}, {}};
  if (text == "str_int") return {Form::kTextInt, {}, {}};
  if (text == "str_float") return {Form::kTextFloat, {}, {}};
  if (text == "pil") return {Form::kPil, {}, {}};
  if (text == "jpeg" || text == "png" || text == "jpeg_array" || text == "jpegarray")
    return {Form::kImage, {}, {}};
  if (text == "ndarray" || text.starts_with("ndarray:")) return parse_array(text);
  if (text == "pkl") {
    refuse_encoding(text,
                    ": unpickling runs whatever code the file names; write the column anew as "
                    "ndarray, bytes or json");
  }
  refuse_encoding(text, "");
}

RecordColumn mds_column(const std::string& name, const MdsEncoding& encoding) {
  switch (encoding.form) {
    case Form::kBytes:
      return {name, ColumnKind::kBytes, true};
    case Form::kText:
      return {name, ColumnKind::kText, true};
    case Form::kImage:
    case Form::kPil:
      return {name, ColumnKind::kImage, true};
    case Form::kArray:
      return {name, ColumnKind::kNumbers, encoding.shape.has_value()};
    default:
      return {name, ColumnKind::kNumbers, true};
  }
}

RecordCell decode_mds(const MdsEncoding& encoding, ByteSpan bytes, Sample& memory) {
  switch (encoding.form) {
    case Form::kScalar:
      return array_cell(bytes, *encoding.type, {});
    case Form::kTextInt:
      return int64_cell(parse_number<int64_t>(bytes), memory);
    case Form::kTextFloat:
      return float64_cell(parse_number<double>(bytes), memory);
    case Form::kPil:
      return decode_pil(bytes, memory);
    case Form::kArray:
      return decode_array(encoding, bytes);
    default:
      return bytes_cell(bytes);
  }
}

}  // namespace stoker
