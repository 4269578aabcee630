#include "formats/mat_file.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

constexpr size_t kHeaderBytes = 128;
constexpr size_t kMaxInflatedBytes = 64u << 20;
constexpr int kMaxDepth = 8;

// Element types.
enum MatType : uint32_t {
  kInt8 = 1,
  kUint8 = 2,
  kInt16 = 3,
  kUint16 = 4,
  kInt32 = 5,
  kUint32 = 6,
  kSingle = 7,
  kDouble = 9,
  kInt64 = 12,
  kUint64 = 13,
  kMatrix = 14,
  kCompressed = 15,
  kUtf8 = 16,
};

// Array classes.
constexpr uint8_t kStructClass = 2;
constexpr uint8_t kCharClass = 4;
constexpr uint8_t kDoubleClass = 6;
constexpr uint8_t kUint64Class = 15;

Error corrupt(const std::string& message, uint64_t offset) {
  return Error(ErrorCode::kCorrupt, message, {}, offset);
}

template <typename Number>
Number load(const uint8_t* bytes) {
  Number value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

struct Element {
  uint32_t type = 0;
  ByteSpan body;
  uint64_t offset = 0;  // of the body
};

// Elements one after another: a tag of 8 bytes and a body padded to 8, or, up to 4 bytes, both
// in 8.
class ElementReader {
 public:
  ElementReader(ByteSpan bytes, uint64_t offset) : bytes_(bytes), offset_(offset) {}

  bool at_end() const { return at_ == bytes_.size(); }
  uint64_t offset() const { return offset_ + at_; }
  uint64_t left() const { return bytes_.size() - at_; }

  Element next() {
    if (left() < 8) throw corrupt("the MATLAB file is cut short", offset());
    const auto first = load<uint32_t>(&bytes_[at_]);
    if (first >> 16 != 0) return next_small(first);
    const uint64_t size = load<uint32_t>(&bytes_[at_ + 4]);
    const uint64_t padded = first == kCompressed ? size : (size + 7) / 8 * 8;
    if (padded > left() - 8) {
      throw corrupt("a MATLAB element needs " + std::to_string(padded) + " bytes, " +
                        std::to_string(left() - 8) + " are left",
                    offset());
    }
    const Element element{first, bytes_.subspan(at_ + 8, size), offset() + 8};
    at_ += 8 + padded;
    return element;
  }

  Element next(uint32_t type, const char* what) {
    const uint64_t where = offset();
    const Element element = next();
    if (element.type != type) throw corrupt(std::string("expected ") + what, where);
    return element;
  }

 private:
  Element next_small(uint32_t tag) {
    const uint32_t size = tag >> 16;
    if (size > 4) throw corrupt("a small MATLAB element of more than 4 bytes", offset());
    const Element element{tag & 0xffffu, bytes_.subspan(at_ + 4, size), offset() + 4};
    at_ += 8;
    return element;
  }

  ByteSpan bytes_;
  uint64_t offset_;
  size_t at_ = 0;
};

size_t type_bytes(uint32_t type) {
  switch (type) {
    case kInt8:
    case kUint8:
    case kUtf8:
      return 1;
    case kInt16:
    case kUint16:
      return 2;
    case kInt32:
    case kUint32:
    case kSingle:
      return 4;
    case kDouble:
    case kInt64:
    case kUint64:
      return 8;
    default:
      return 0;
  }
}

double load_number(uint32_t type, const uint8_t* bytes) {
  switch (type) {
    case kInt8:
      return load<int8_t>(bytes);
    case kInt16:
      return load<int16_t>(bytes);
    case kUint16:
      return load<uint16_t>(bytes);
    case kInt32:
      return load<int32_t>(bytes);
    case kUint32:
      return load<uint32_t>(bytes);
    case kSingle:
      return static_cast<double>(load<float>(bytes));
    case kDouble:
      return load<double>(bytes);
    case kInt64:
      return static_cast<double>(load<int64_t>(bytes));
    case kUint64:
      return static_cast<double>(load<uint64_t>(bytes));
    default:
      return *bytes;
  }
}

std::vector<double> numbers_of(const Element& element) {
  const size_t unit = type_bytes(element.type);
  if (unit == 0 || element.body.size() % unit != 0) {
    throw corrupt("expected numbers of a known type", element.offset);
  }
  std::vector<double> numbers(element.body.size() / unit);
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = load_number(element.type, &element.body[i * unit]);
  }
  return numbers;
}

std::vector<uint64_t> dims_of(const Element& element) {
  std::vector<uint64_t> dims;
  uint64_t product = 1;
  for (const double size : numbers_of(element)) {
    if (size < 0 || (product > 0 && size > 1e9 / static_cast<double>(product))) {
      throw corrupt("an array of implausible size", element.offset);
    }
    dims.push_back(static_cast<uint64_t>(size));
    product *= dims.back();
  }
  if (dims.size() < 2) throw corrupt("expected two array dimensions or more", element.offset);
  return dims;
}

MatArray read_matrix(const Element& matrix, int depth);

void read_struct(ElementReader& reader, int depth, MatArray& array) {
  const std::vector<double> length = numbers_of(reader.next(kInt32, "the length of field names"));
  const Element names = reader.next(kInt8, "field names");
  if (length.size() != 1 || length[0] < 1 || length[0] > 1024) {
    throw corrupt("expected one length of field names", names.offset);
  }
  const auto stride = static_cast<size_t>(length[0]);
  for (size_t at = 0; at + stride <= names.body.size(); at += stride) {
    const std::string_view name = as_text(names.body.subspan(at, stride));
    array.field_names.emplace_back(name.substr(0, name.find('\0')));
  }
  const uint64_t count = array.element_count() * array.field_names.size();
  if (count > reader.left() / 8) {
    throw corrupt("a struct array of " + std::to_string(count) + " fields is cut short",
                  reader.offset());
  }
  array.fields.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    array.fields.push_back(read_matrix(reader.next(kMatrix, "a field of a struct"), depth + 1));
  }
}

MatArray read_matrix(const Element& matrix, int depth) {
  MatArray array;
  if (matrix.body.empty()) {  // MATLAB's short way to write []
    array.kind = MatKind::kNumbers;
    array.dims = {0, 0};
    return array;
  }
  if (depth > kMaxDepth) throw corrupt("structs nested too deep", matrix.offset);
  ElementReader reader(matrix.body, matrix.offset);
  const Element flags = reader.next(kUint32, "array flags");
  if (flags.body.size() != 8) throw corrupt("expected two array flags", flags.offset);
  const uint8_t array_class = flags.body[0];
  array.dims = dims_of(reader.next(kInt32, "array dimensions"));
  array.name = as_text(reader.next(kInt8, "an array name").body);
  if (array_class == kStructClass) {
    array.kind = MatKind::kStruct;
    read_struct(reader, depth, array);
  } else if (array_class == kCharClass) {
    array.kind = MatKind::kText;
    if (reader.at_end()) return array;
    for (const double code : numbers_of(reader.next())) {
      array.text += code >= 0 && code < 128 ? static_cast<char>(code) : '?';
    }
  } else if (array_class >= kDoubleClass && array_class <= kUint64Class) {
    array.kind = MatKind::kNumbers;
    array.numbers = numbers_of(reader.next());
    if (array.numbers.size() != array.element_count()) {
      throw corrupt("expected " + std::to_string(array.element_count()) + " numbers, found " +
                        std::to_string(array.numbers.size()),
                    matrix.offset);
    }
  }
  return array;
}

Bytes inflate_element(const Element& element) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw Error(ErrorCode::kInternal, "zlib does not start");
  Bytes out;
  stream.next_in = const_cast<Bytef*>(element.body.data());
  stream.avail_in = static_cast<uInt>(element.body.size());
  int result = Z_OK;
  while (result == Z_OK && out.size() < kMaxInflatedBytes) {
    constexpr size_t kStep = 256u << 10;
    out.resize(out.size() + kStep);
    stream.next_out = out.data() + out.size() - kStep;
    stream.avail_out = kStep;
    result = inflate(&stream, Z_NO_FLUSH);
    out.erase(out.end() - static_cast<std::ptrdiff_t>(stream.avail_out), out.end());
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END) {
    throw corrupt("a compressed MATLAB variable is damaged or cut short", element.offset);
  }
  return out;
}

}  // namespace

uint64_t MatArray::element_count() const {
  uint64_t count = 1;
  for (const uint64_t size : dims)
    count *= size;
  return count;
}

const MatArray& MatArray::field(uint64_t element, std::string_view field_name) const {
  const auto found = std::find(field_names.begin(), field_names.end(), field_name);
  const uint64_t index =
      element * field_names.size() + static_cast<uint64_t>(found - field_names.begin());
  if (found == field_names.end() || index >= fields.size()) {
    throw Error(ErrorCode::kCorrupt, "element " + std::to_string(element + 1) + " of " + name +
                                         " has no field " + std::string(field_name));
  }
  return fields[index];
}

MatArray read_mat_variable(ByteSpan file, std::string_view name) {
  if (file.size() < kHeaderBytes || !as_text(file).starts_with("MATLAB")) {
    throw corrupt("expected a MATLAB file", 0);
  }
  const std::string_view version_and_order = as_text(file).substr(124, 4);
  if (version_and_order != std::string_view("\x00\x01IM", 4)) {
    throw Error(ErrorCode::kUnsupported,
                "expected a little-endian MATLAB file of version 5 (save it with -v7)", {}, 124);
  }
  ElementReader reader(file.subspan(kHeaderBytes), kHeaderBytes);
  while (!reader.at_end()) {
    const Element element = reader.next();
    Bytes inflated;
    Element matrix = element;
    if (element.type == kCompressed) {
      inflated = inflate_element(element);
      matrix = ElementReader(inflated, 0).next();
    }
    if (matrix.type != kMatrix) continue;
    MatArray array = read_matrix(matrix, 0);
    if (array.name == name) return array;
  }
  throw Error(ErrorCode::kCorrupt, "the MATLAB file has no variable " + std::string(name));
}

}  // namespace stoker
