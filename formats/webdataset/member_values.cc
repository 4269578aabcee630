#include "formats/webdataset/member_values.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <string_view>

#include "formats/plain_fields.h"
#include "formats/webdataset/npy_member.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/inline_number.h"

namespace stoker {
namespace {

constexpr std::string_view kAxes = "IJKL";  // of arrays that nobody has named the axes of

FieldValue bytes_value(ByteSpan bytes) {
  if (bytes.size() > std::numeric_limits<uint32_t>::max()) {
    throw Error(ErrorCode::kUnsupported, "a member of 4 GiB or more is not read");
  }
  FieldValue value;
  value.bytes = bytes;
  value.shape = {static_cast<uint32_t>(bytes.size()), 0, 0, 0};
  value.original_shape = value.shape;
  return value;
}

FieldValue integer_value(ByteSpan bytes, Sample& sample) {
  constexpr std::string_view kBlank = " \t\r\n";
  std::string_view text = as_text(bytes);
  while (!text.empty() && kBlank.find(text.back()) != kBlank.npos)
    text.remove_suffix(1);
  while (!text.empty() && kBlank.find(text.front()) != kBlank.npos)
    text.remove_prefix(1);
  int64_t number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || after != text.data() + text.size()) {
    throw Error(ErrorCode::kCorrupt, "expected a whole number");
  }
  return inline_number(number, sample);
}

FieldValue array_value(const Field& field, ByteSpan bytes, Sample& sample) {
  const NpyHeader header = parse_npy_header(bytes);
  if (npy_member_dtype(header) != field.dtype || !takes_shape(field, header.shape)) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("holds an array '{}' of shape ({}); the field has {} with {} axes",
                            element_type_name(header.type), fmt::join(header.shape, ", "),
                            dtype_name(field.dtype), field.axes.size()));
  }
  FieldValue value;
  value.bytes = decode_npy_member(bytes, header, sample.next_buffer());
  if (field.storage == Storage::kInline) return value;
  value.shape = value.original_shape = extents_of_shape(header.shape);
  return value;
}

FieldValue value_of(const MemberField& field, ByteSpan bytes, Sample& sample) {
  switch (field.kind) {
    case MemberKind::kImage: {
      FieldValue value;  // not looked at
      value.bytes = bytes;
      return value;
    }
    case MemberKind::kInteger:
      return integer_value(bytes, sample);
    case MemberKind::kArray:
      return array_value(field.field, bytes, sample);
    default:
      return bytes_value(bytes);
  }
}

}  // namespace

void shape_array_field(ByteSpan front, const std::string& sample, MemberField& field,
                       std::vector<SampleNote>& notes) {
  const auto note = [&](const std::string& why) {
    notes.push_back({sample, fmt::format("field '{}': {}", field.field.name, why), {}, 0});
  };
  try {
    const NpyHeader header = parse_npy_header(front);
    if (header.shape.size() > kAxes.size()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("arrays of {} axes are not read", header.shape.size()));
    }
    field.field.dtype = npy_member_dtype(header);
    field.field.axes = std::string(kAxes.substr(0, header.shape.size()));
    if (header.shape.empty()) field.field.storage = Storage::kInline;
    if (npy_is_rounded(header)) note("float64 is kept as float32, rounded");
  } catch (const Error& error) {
    field.field = any_bytes_field(field.field.name);
    field.kind = MemberKind::kBytes;
    note(error.message() + ": kept as whole .npy files");
  }
}

void add_member(const MemberField& field, ByteSpan bytes, uint64_t offset_bytes, Sample& sample) {
  try {
    sample.values.push_back(value_of(field, bytes, sample));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("field '{}': {}", field.field.name, error.message()),
                sample.source_path, offset_bytes + error.offset_bytes().value_or(0));
  }
}

void add_missing(const MemberField& field, Sample& sample) {
  const bool can_be_empty = field.kind == MemberKind::kText || field.kind == MemberKind::kBytes;
  if (!can_be_empty) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the sample has no member for the field '{}'", field.field.name),
                sample.source_path, sample.source_offset_bytes);
  }
  sample.values.push_back(bytes_value({}));
}

void refuse_label(const MemberField& field, const std::string& path, uint64_t offset_bytes) {
  throw Error(ErrorCode::kCorrupt,
              fmt::format("expected a class in the field '{}': its number, or a name that the list "
                          "of classes has",
                          field.field.name),
              path, offset_bytes);
}

}  // namespace stoker
