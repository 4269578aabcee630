#include "formats/beton/beton_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "formats/npy/npy_header.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/image/image_probe.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

constexpr size_t kNameOffset = 1;
constexpr size_t kNameBytes = 16;
constexpr size_t kArgumentsOffset = kNameOffset + kNameBytes;
constexpr uint8_t kOtherClass = 255;
constexpr size_t kMostAxes = 32;
constexpr size_t kTypeOffset = (kMostAxes + 1) * 8;  // in the arguments of an array

std::string parse_name(ByteSpan bytes) {
  const std::string_view text = as_text(bytes);
  const std::string_view name = text.substr(0, text.find('\0'));
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' '; });
  if (name.empty() || !plain || text.find_first_not_of('\0', name.size()) != text.npos) {
    throw Error(ErrorCode::kCorrupt, "a field whose name is no text");
  }
  return std::string(name);
}

// Extents, the axes behind them 0, the length of a text, and the text: [["", "<f4"]].
void parse_array_arguments(ByteSpan arguments, BetonField& field) {
  for (size_t axis = 0; axis < kMostAxes; ++axis)
    field.shape.push_back(load_le<uint64_t>(arguments.data() + axis * 8));
  while (!field.shape.empty() && field.shape.back() == 0)
    field.shape.pop_back();
  const auto length = load_le<uint64_t>(arguments.data() + kMostAxes * 8);
  if (length > arguments.size() - kTypeOffset) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("field '{}': a type of {} bytes", field.name, length));
  }
  const std::string_view text = as_text(arguments.subspan(kTypeOffset, length));
  std::string descr;
  read_json(text, fmt::format("type of the field '{}'", field.name), [&](const Json& json) {
    const Json& only = json.at(0);
    if (json.size() != 1 || only.size() != 2) field.fault = "elements of several parts";
    if (field.fault.empty()) descr = only.at(1).get<std::string>();
  });
  if (!field.fault.empty()) return;
  try {
    field.type = parse_npy_type(descr);
  } catch (const Error& error) {
    field.fault = error.message();
    return;
  }
  field.array_size_bytes = field.type.size_bytes;
  for (const uint64_t extent : field.shape) {
    if (__builtin_mul_overflow(field.array_size_bytes, extent, &field.array_size_bytes)) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("field '{}': shape ({})", field.name, fmt::join(field.shape, ", ")));
    }
  }
}

RecordCell decode_image(const BetonCell& cell, ByteSpan value) {
  if (!cell.is_jpeg) return array_cell(value, {}, {cell.height, cell.width, 3});
  const ImageInfo info = probe_image(value);
  if (info.kind != ImageKind::kJpeg) {
    throw Error(ErrorCode::kCorrupt, "expected a JPEG there", {}, cell.value_offset);
  }
  if (info.width != cell.width || info.height != cell.height) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("a JPEG of {} x {} pixels, its cell says {} x {}", info.width,
                            info.height, cell.width, cell.height),
                {}, cell.value_offset);
  }
  check_jpeg_end(value, info);
  // FFCV's own encoder puts nothing behind the end marker: more is another size than was written.
  if (!as_text(value).ends_with("\xff\xd9")) {
    throw Error(ErrorCode::kCorrupt, "bytes behind the JPEG's end marker", {}, cell.value_offset);
  }
  return bytes_cell(value);
}

RecordCell decode_array(const BetonField& field, ByteSpan value, Sample& memory) {
  if (!field.type.big_endian || field.type.size_bytes == 1) {
    return array_cell(value, field.type, field.shape);
  }
  Bytes& turned = memory.next_buffer();
  turned.assign(value.begin(), value.end());
  turn_bytes(field.type.size_bytes, turned);
  ElementType type = field.type;
  type.big_endian = false;
  return array_cell(turned, type, field.shape);
}

}  // namespace

uint64_t beton_cell_bytes(BetonKind kind) {
  switch (kind) {
    case BetonKind::kImage:
      return 13;  // u8 mode, u16 width, u16 height, u64 place
    case BetonKind::kBytes:
    case BetonKind::kJson:
      return 16;  // u64 place, u64 size
    default:
      return 8;
  }
}

// NumPy's: structures made without alignment may lie anywhere.
uint64_t beton_cell_alignment(BetonKind kind) {
  return beton_cell_bytes(kind) == 8 ? 8 : 1;
}

BetonField parse_beton_field(ByteSpan descriptor) {
  BetonField field;
  const uint8_t kind = descriptor[0];
  field.name = parse_name(descriptor.subspan(kNameOffset, kNameBytes));
  if (kind == kOtherClass) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the field '{}' is of a class of its own, not one of FFCV's: only the "
                            "program that wrote it knows how it lies in the file",
                            field.name));
  }
  if (kind > static_cast<uint8_t>(BetonKind::kTensor)) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the field '{}' is of type {}, there are 0 to 6", field.name, kind));
  }
  field.kind = static_cast<BetonKind>(kind);
  if (field.kind == BetonKind::kArray || field.kind == BetonKind::kTensor) {
    parse_array_arguments(descriptor.subspan(kArgumentsOffset), field);
  }
  return field;
}

RecordColumn beton_column(const BetonField& field) {
  switch (field.kind) {
    case BetonKind::kImage:
      return {field.name, ColumnKind::kImage, true};
    case BetonKind::kBytes:
      return {field.name, ColumnKind::kBytes, true};
    case BetonKind::kJson:
      return {field.name, ColumnKind::kText, true};
    default:
      return {field.name, ColumnKind::kNumbers, true};
  }
}

BetonCell parse_beton_cell(const BetonField& field, ByteSpan row) {
  const uint8_t* at = row.data() + field.cell_offset;
  BetonCell cell;
  switch (field.kind) {
    case BetonKind::kImage: {
      constexpr uint8_t kJpegMode = 0;
      constexpr uint8_t kRawMode = 1;
      if (at[0] != kJpegMode && at[0] != kRawMode) {
        throw Error(ErrorCode::kCorrupt, fmt::format("an image of the mode {}, there are 0 (JPEG) "
                                                     "and 1 (raw)",
                                                     at[0]));
      }
      cell.is_jpeg = at[0] == kJpegMode;
      cell.width = load_le<uint16_t>(at + 1);
      cell.height = load_le<uint16_t>(at + 3);
      cell.value_offset = load_le<uint64_t>(at + 5);
      if (!cell.is_jpeg) cell.size_bytes = uint64_t{3} * cell.width * cell.height;
      return cell;
    }
    case BetonKind::kBytes:
    case BetonKind::kJson:
      cell.value_offset = load_le<uint64_t>(at);
      cell.size_bytes = load_le<uint64_t>(at + 8);
      return cell;
    default:
      cell.value_offset = load_le<uint64_t>(at);
      cell.size_bytes = field.array_size_bytes;
      return cell;
  }
}

RecordCell decode_beton(const BetonField& field, ByteSpan row, ByteSpan value, Sample& memory) {
  switch (field.kind) {
    case BetonKind::kFloat:
      return array_cell(row.subspan(field.cell_offset, 8), {ElementKind::kFloat, 8, false}, {});
    case BetonKind::kInt:
      return array_cell(row.subspan(field.cell_offset, 8), {ElementKind::kSigned, 8, false}, {});
    case BetonKind::kImage:
      return decode_image(parse_beton_cell(field, row), value);
    case BetonKind::kBytes:
      return bytes_cell(value);
    case BetonKind::kJson:
      if (value.empty() || value.back() != 0) {
        throw Error(ErrorCode::kCorrupt, "a text without the zero byte that ends it");
      }
      return bytes_cell(value.first(value.size() - 1));
    default:
      return decode_array(field, value, memory);
  }
}

}  // namespace stoker
