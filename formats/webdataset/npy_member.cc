#include "formats/webdataset/npy_member.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

using namespace std::string_view_literals;
constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr size_t kVersionOffset = 6;
constexpr size_t kLengthOffset = 8;
constexpr size_t kAlignment = 64;

// How elements of one kind become elements of ours.
struct DTypeRow {
  std::string_view code;  // behind the sign of the byte order
  size_t bytes;
  DType dtype;
};
constexpr std::array<DTypeRow, 12> kRows{{{"u1", 1, DType::kUInt8},
                                          {"i1", 1, DType::kInt8},
                                          {"b1", 1, DType::kUInt8},
                                          {"u2", 2, DType::kUInt16},
                                          {"i2", 2, DType::kInt16},
                                          {"i4", 4, DType::kInt32},
                                          {"i8", 8, DType::kInt64},
                                          {"u4", 4, DType::kInt64},
                                          {"u8", 8, DType::kInt64},
                                          {"f2", 2, DType::kFloat16},
                                          {"f4", 4, DType::kFloat32},
                                          {"f8", 8, DType::kFloat32}}};

[[noreturn]] void bad_header(const std::string& why, size_t offset) {
  throw Error(ErrorCode::kCorrupt, "expected a .npy header: " + why, {}, offset);
}

const DTypeRow& row_of(const std::string& descr) {
  const std::string_view code = std::string_view(descr).substr(descr.empty() ? 0 : 1);
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&](const DTypeRow& each) { return each.code == code; });
  if (row == kRows.end() || std::string_view("<>|=").find(descr[0]) == std::string_view::npos) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("arrays of dtype '{}' are not read{}", descr,
                            descr.find('O') != descr.npos ? " (objects are pickles)" : ""));
  }
  return *row;
}

// The text behind 'KEY':, without blanks.
std::string_view value_of(std::string_view dict, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = fmt::format("{0}{1}{0}", quote, key);
    size_t at = dict.find(quoted);
    if (at == dict.npos) continue;
    at = dict.find_first_not_of(" :", at + quoted.size());
    if (at != dict.npos) return dict.substr(at);
  }
  bad_header(fmt::format("found no '{}'", key), kLengthOffset);
}

std::string parse_descr(std::string_view value) {
  if (value.front() == '[') {
    throw Error(ErrorCode::kUnsupported, "arrays of structures are not read");
  }
  if (value.front() != '\'' && value.front() != '"') bad_header("descr is no text", kLengthOffset);
  const size_t end = value.find(value.front(), 1);
  if (end == value.npos || end < 3) bad_header("descr is no dtype", kLengthOffset);
  return std::string(value.substr(1, end - 1));
}

std::vector<uint64_t> parse_shape(std::string_view value) {
  const size_t end = value.find(')');
  if (value.front() != '(' || end == value.npos) bad_header("shape is no tuple", kLengthOffset);
  std::vector<uint64_t> shape;
  const std::string_view inside = value.substr(1, end - 1);
  for (size_t at = 0; at < inside.size();) {
    at = inside.find_first_not_of(" ,L", at);
    if (at == inside.npos) break;
    uint64_t extent = 0;
    const auto [after, error] =
        std::from_chars(inside.data() + at, inside.data() + inside.size(), extent);
    if (error != std::errc()) bad_header("shape holds no whole numbers", kLengthOffset);
    shape.push_back(extent);
    at = static_cast<size_t>(after - inside.data());
  }
  return shape;
}

struct TextPlace {
  size_t offset;
  size_t size;
};

TextPlace find_text(ByteSpan front) {
  if (front.size() < kLengthOffset + 4 || !as_text(front).starts_with(kMagic)) {
    bad_header("found other bytes", 0);
  }
  const uint8_t version = front[kVersionOffset];
  if (version < 1 || version > 3) bad_header(fmt::format("version {}", version), kVersionOffset);
  const bool narrow = version == 1;
  const size_t length = narrow ? load_le<uint16_t>(front.data() + kLengthOffset)
                               : load_le<uint32_t>(front.data() + kLengthOffset);
  const size_t offset = kLengthOffset + (narrow ? 2 : 4);
  if (length > front.size() - offset) bad_header("it is cut short", kLengthOffset);
  return {offset, length};
}

template <typename T>
T element(const uint8_t* from, bool swapped) {
  std::array<uint8_t, sizeof(T)> bytes;
  std::copy_n(from, sizeof(T), bytes.begin());
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  return load_le<T>(bytes.data());
}

void convert_element(const uint8_t* from, bool swapped, std::string_view code, uint8_t* to) {
  if (code == "f8") {
    store_le(to, static_cast<float>(element<double>(from, swapped)));
  } else if (code == "u4") {
    store_le(to, static_cast<int64_t>(element<uint32_t>(from, swapped)));
  } else if (code == "u8") {
    const auto value = element<uint64_t>(from, swapped);
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("the array holds {}, more than an int64 takes", value));
    }
    store_le(to, static_cast<int64_t>(value));
  } else {
    const size_t size = code[1] - size_t{'0'};
    std::copy_n(from, size, to);
    if (swapped) std::reverse(to, to + size);
  }
}

// Where element `index`, counted with the last axis fastest, lies when the first one is.
uint64_t fortran_index(uint64_t index, const std::vector<uint64_t>& shape) {
  std::vector<uint64_t> place(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    place[axis] = index % shape[axis];
    index /= shape[axis];
  }
  uint64_t found = 0;
  for (size_t axis = shape.size(); axis-- > 0;)
    found = found * shape[axis] + place[axis];
  return found;
}

}  // namespace

uint64_t NpyMember::element_count() const {
  uint64_t count = 1;
  for (const uint64_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) {
      throw Error(ErrorCode::kCorrupt, "the array's shape is larger than any file");
    }
  }
  return count;
}

uint64_t NpyMember::element_bytes() const {
  return row_of(descr).bytes;
}

NpyMember parse_npy_member(ByteSpan front) {
  const TextPlace place = find_text(front);
  const std::string_view text = as_text(front).substr(place.offset, place.size);
  NpyMember header;
  header.descr = parse_descr(value_of(text, "descr"));
  header.fortran_order = value_of(text, "fortran_order").starts_with("True");
  header.shape = parse_shape(value_of(text, "shape"));
  header.data_offset_bytes = place.offset + place.size;
  row_of(header.descr);
  return header;
}

DType npy_member_dtype(const NpyMember& header) {
  return row_of(header.descr).dtype;
}

bool npy_is_rounded(const NpyMember& header) {
  return row_of(header.descr).code == "f8";
}

ByteSpan decode_npy_member(ByteSpan file, const NpyMember& header, Bytes& storage) {
  const DTypeRow& row = row_of(header.descr);
  const uint64_t count = header.element_count();
  const uint64_t have = file.size() - std::min<uint64_t>(file.size(), header.data_offset_bytes);
  if (have % row.bytes != 0 || have / row.bytes != count) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the array's header says {} elements of {} bytes, {} bytes follow it",
                            count, row.bytes, have),
                {}, header.data_offset_bytes);
  }
  const ByteSpan data = file.subspan(static_cast<size_t>(header.data_offset_bytes));
  const bool swapped = header.descr[0] == '>' && row.bytes > 1;
  const bool turned = header.fortran_order && header.shape.size() > 1;
  const size_t size = dtype_size(row.dtype);
  if (!swapped && !turned && size == row.bytes && row.code != "u8") return data;
  storage.resize(static_cast<size_t>(count) * size);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t from = turned ? fortran_index(i, header.shape) : i;
    convert_element(data.data() + from * row.bytes, swapped, row.code, storage.data() + i * size);
  }
  return storage;
}

std::string encode_npy_front(DType dtype, const std::vector<uint64_t>& shape) {
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&](const DTypeRow& each) { return each.dtype == dtype; });
  std::string extents;
  for (const uint64_t extent : shape)
    extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
  if (shape.size() == 1) extents += ",";
  std::string text = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                                 row->bytes == 1 ? '|' : '<', row->code, extents);
  const size_t before = kLengthOffset + 2;
  text.append(kAlignment - 1 - (before + text.size()) % kAlignment, ' ');
  text += '\n';
  std::string header(kMagic);
  header += "\x01\0"sv;
  header += static_cast<char>(text.size() & 255);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace stoker
