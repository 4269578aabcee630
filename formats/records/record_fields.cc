#include "formats/records/record_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "formats/image_names.h"
#include "formats/label_texts.h"
#include "formats/plain_fields.h"
#include "formats/stacked/array_fields.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/image/image_probe.h"

namespace stoker {
namespace {

constexpr std::string_view kImage = "image";
constexpr std::string_view kLabel = "label";
constexpr size_t kMostLabelBytes = 1024;  // of the name of a class
constexpr int kLooks = 16;                // records that say whether bytes are images

// Bytes that somebody else keeps.
class BorrowedBytes : public ArrayBytes {
 public:
  explicit BorrowedBytes(ByteSpan bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  ByteSpan bytes(uint64_t offset, uint64_t size, Bytes&) const override {
    return bytes_.subspan(offset, size);
  }

 private:
  ByteSpan bytes_;
};

bool is_uint64(const ElementType& type) {
  return type.kind == ElementKind::kUnsigned && type.size_bytes == 8;
}

// One row, of one cell. No field holds uint64; int64 does, for what fits.
StridedArray row_of(const RecordCell& cell) {
  StridedArray array;
  array.type = cell.type;
  if (is_uint64(array.type)) array.type.kind = ElementKind::kSigned;
  array.shape.push_back(1);
  array.shape.insert(array.shape.end(), cell.shape.begin(), cell.shape.end());
  array.strides_bytes = packed_strides(array.shape, array.type, false);
  array.bytes = std::make_shared<BorrowedBytes>(cell.bytes);
  return array;
}

void check_uint64(const RecordCell& cell) {
  for (size_t at = 0; at + 8 <= cell.bytes.size(); at += 8) {
    const auto value = load_le<uint64_t>(cell.bytes.data() + at);
    if (std::in_range<int64_t>(value)) continue;
    throw Error(ErrorCode::kUnsupported, fmt::format("the value {} does not fit int64", value));
  }
}

FieldArray field_of_numbers(const std::string& name, const RecordCell& cell, bool equal_shapes) {
  FieldArray made = as_field(name, row_of(cell));
  if (!equal_shapes && made.field.rank() > 0) {
    made.field.storage = Storage::kBlob;
    made.field.shape.clear();
  }
  return made;
}

std::string usual_name(const std::string& column) {
  const std::string lower = to_lower(column);
  if (lower == "class" || lower == "cls") return std::string(kLabel);
  if (lower == "jpg" || lower == "jpeg" || lower == "png") return std::string(kImage);
  return usual_field_name(column);
}

std::string names_of(const std::vector<RecordColumn>& columns) {
  std::vector<std::string> names;
  for (const RecordColumn& column : columns)
    names.push_back(column.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// What each column is to be called.
std::vector<std::string> name_columns(const std::vector<RecordColumn>& columns,
                                      const std::map<std::string, std::string>& wanted) {
  std::vector<std::string> names;
  for (const RecordColumn& column : columns) {
    const std::string usual = usual_name(column.name);
    const bool is_another = std::any_of(columns.begin(), columns.end(),
                                        [&](const RecordColumn& c) { return c.name == usual; });
    names.push_back(is_another ? column.name : usual);
    if (wanted.contains(names.back())) names.back() = column.name;
  }
  for (const auto& [name, source] : wanted) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const RecordColumn& c) { return c.name == source; });
    if (found == columns.end()) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("--field {}={}: the records have {}",
                                                           name, source, names_of(columns)));
    }
    names[static_cast<size_t>(found - columns.begin())] = name;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t k = i + 1; k < names.size(); ++k) {
      if (names[i] != names[k]) continue;
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("'{0}' and '{1}' may both be the field '{2}': say which with --field "
                              "{2}={0}, and what the other is to be called",
                              columns[i].name, columns[k].name, names[i]));
    }
  }
  return names;
}

struct Looks {
  std::vector<std::optional<RecordCell>> firsts;  // without their bytes' contents
  std::vector<std::optional<FieldArray>> numbers;
  std::vector<std::string> faults;
  std::vector<bool> holds_images;
  int count = 0;
};

Looks look_at_records(const std::vector<RecordColumn>& columns,
                      const std::vector<std::string>& names, const RecordLooks& records) {
  Looks looks;
  looks.numbers.resize(columns.size());
  looks.faults.resize(columns.size());
  looks.holds_images.assign(columns.size(), true);
  records([&](const Record& record) {
    for (size_t c = 0; c < columns.size(); ++c) {
      const RecordCell& cell = record.cells[c];
      const bool image = cell.is_array || image_kind(cell.bytes) != ImageKind::kUnknown;
      if (!image) looks.holds_images[c] = false;
      if (columns[c].kind != ColumnKind::kNumbers || looks.count > 0) continue;
      try {
        looks.numbers[c] = field_of_numbers(names[c], cell, columns[c].equal_shapes);
      } catch (const Error& error) {
        looks.faults[c] = error.message();
      }
    }
    return ++looks.count < kLooks;
  });
  return looks;
}

int rank_of(const std::string& name) {
  return name == kImage ? 0 : name == kLabel ? 1 : 2;
}

}  // namespace

std::vector<RecordField> fields_of_columns(const std::vector<RecordColumn>& columns,
                                           const RecordLooks& records,
                                           const std::map<std::string, std::string>& wanted,
                                           std::vector<SampleNote>& notes) {
  const std::vector<std::string> names = name_columns(columns, wanted);
  Looks looks = look_at_records(columns, names, records);
  std::vector<RecordField> fields;
  for (size_t c = 0; c < columns.size(); ++c) {
    RecordField made{{}, RecordForm::kBytes, c};
    const bool images =
        columns[c].kind == ColumnKind::kImage ||
        (columns[c].kind == ColumnKind::kBytes && looks.holds_images[c] && looks.count > 0);
    if (columns[c].kind == ColumnKind::kNumbers) {
      if (!looks.numbers[c]) {
        notes.push_back({columns[c].name, "left out: " + looks.faults[c], {}, 0});
        continue;
      }
      made.field = looks.numbers[c]->field;
      made.form = holds_class_index(made.field) ? RecordForm::kLabel : RecordForm::kNumbers;
      for (const std::string& note : looks.numbers[c]->notes)
        notes.push_back({columns[c].name, note, {}, 0});
    } else if (images) {
      made.field = encoded_image_field(names[c]);
      made.form = RecordForm::kImage;
    } else if (names[c] == kLabel && columns[c].kind == ColumnKind::kText) {
      made.field = class_index_field();
      made.form = RecordForm::kLabel;
    } else {
      made.field = columns[c].kind == ColumnKind::kText ? utf8_text_field(names[c])
                                                        : any_bytes_field(names[c]);
    }
    fields.push_back(std::move(made));
  }
  const auto is_image = [](const RecordField& f) { return f.form == RecordForm::kImage; };
  const bool named = std::any_of(fields.begin(), fields.end(),
                                 [](const RecordField& f) { return f.field.name == kImage; });
  if (!named && std::count_if(fields.begin(), fields.end(), is_image) == 1) {
    RecordField& only = *std::find_if(fields.begin(), fields.end(), is_image);
    if (!wanted.contains(only.field.name)) only.field.name = kImage;
  }
  std::stable_sort(fields.begin(), fields.end(), [](const RecordField& a, const RecordField& b) {
    return rank_of(a.field.name) < rank_of(b.field.name);
  });
  return fields;
}

namespace {

FieldValue blob_value(ByteSpan bytes, const Extents& shape) {
  FieldValue value;
  value.bytes = bytes;
  value.shape = value.original_shape = shape;
  return value;
}

FieldValue numbers_value(const RecordField& field, const RecordCell& cell, Sample& sample) {
  if (!cell.is_array) throw Error(ErrorCode::kCorrupt, "holds no numbers");
  if (is_uint64(cell.type)) check_uint64(cell);
  const Field& to = field.field;
  if (to.rank() == 0 && cell.shape.empty()) {
    Bytes& out = sample.next_buffer();
    out.resize(dtype_size(to.dtype));
    convert_elements(cell.type, cell.bytes, to.dtype, out);
    FieldValue value;
    value.bytes = out;
    return value;
  }
  const FieldArray found = field_of_numbers(to.name, cell, to.storage == Storage::kInline);
  if (!(found.field == to)) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("holds {} of shape ({}), which is no {} with axes '{}'{}",
                    element_type_name(cell.type), fmt::join(cell.shape, ", "), dtype_name(to.dtype),
                    to.axes,
                    to.shape.empty() ? "" : fmt::format(" of ({})", fmt::join(to.shape, ", "))));
  }
  Bytes& out = sample.next_buffer();
  const ByteSpan bytes = read_row(found.array, 0, to.dtype, out, sample.next_buffer());
  if (to.storage == Storage::kInline) {
    FieldValue value;
    value.bytes = bytes;
    return value;
  }
  return blob_value(bytes, row_extents(found.array));
}

FieldValue image_value(const RecordCell& cell) {
  FieldValue value;  // not looked at
  value.bytes = cell.bytes;
  if (!cell.is_array) return value;
  return blob_value(cell.bytes,
                    extents_of_shape({cell.shape.at(0), cell.shape.at(1), cell.shape.at(2)}));
}

}  // namespace

void add_cell(const RecordField& field, const RecordCell& cell, Sample& sample) {
  switch (field.form) {
    case RecordForm::kImage:
      sample.values.push_back(image_value(cell));
      return;
    case RecordForm::kBytes:
      if (cell.bytes.size() > std::numeric_limits<uint32_t>::max()) {
        throw Error(ErrorCode::kUnsupported, "a value of 4 GiB or more is not read");
      }
      sample.values.push_back(
          blob_value(cell.bytes, {static_cast<uint32_t>(cell.bytes.size()), 0, 0, 0}));
      return;
    default:
      sample.values.push_back(numbers_value(field, cell, sample));
  }
}

std::string label_text(const RecordCell& cell) {
  if (!cell.is_array) {
    const bool plain = cell.bytes.size() <= kMostLabelBytes;
    return plain ? std::string(as_text(cell.bytes)) : std::string(kNoClassText);
  }
  uint64_t count = 1;
  for (const uint64_t extent : cell.shape)
    count *= extent;
  if (count != 1 || !is_integer(cell.type)) return std::string(kNoClassText);
  if (is_uint64(cell.type)) return std::to_string(load_le<uint64_t>(cell.bytes.data()));
  std::array<uint8_t, 8> number{};
  convert_elements(cell.type, cell.bytes, DType::kInt64, number);
  return std::to_string(load_le<int64_t>(number.data()));
}

}  // namespace stoker
