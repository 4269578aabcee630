#include "formats/hdf5/hdf5_value.h"

#include <fmt/format.h>

#include <limits>

#include "formats/hdf5/element_conversion.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/little_endian.h"
#include "libdata/sample/inline_number.h"

namespace stoker {
namespace {

[[noreturn]] void refuse(const Hdf5BoxReader& array, const std::string& why) {
  throw Error(ErrorCode::kUnsupported, fmt::format("{}: {}", array.array().path, why),
              array.dataset().file().path());
}

// Fixed-length values are padded with zeros, which no JPEG or PNG ends with.
void drop_padding(Bytes& bytes) {
  const std::string_view front = as_text(bytes).substr(0, 4);
  if (!front.starts_with("\xff\xd8") && front != "\x89PNG") return;
  while (!bytes.empty() && bytes.back() == 0)
    bytes.pop_back();
}

void read_bytes(const Hdf5BoxReader& array, const std::optional<Hdf5Row>& row, Bytes& out) {
  if (array.array().type.kind == Hdf5Kind::kBytes) {
    const ArrayBox box = row_box(array.array(), row);
    out.resize(box.element_count() * array.array().type.size_bytes);
    array.read(box, out);
    return drop_padding(out);
  }
  std::vector<Bytes> values = array.read_values(row_box(array.array(), row));
  if (values.size() != 1) refuse(array, "expected one value a sample");
  out.swap(values.front());
}

// Of one sample, in the order of the field's axes.
std::vector<uint64_t> turned_shape(const Hdf5Column& column, const std::vector<uint64_t>& stored) {
  std::vector<uint64_t> shape = stored;
  for (size_t axis = 0; axis < column.order.size() && axis < stored.size(); ++axis)
    shape[axis] = stored[column.order[axis]];
  if (column.adds_channel) shape.push_back(1);
  return shape;
}

void set_shape(const Hdf5BoxReader& array, const Hdf5Column& column,
               const std::vector<uint64_t>& shape, FieldValue& value) {
  if (shape.size() != column.field.axes.size()) {
    refuse(array, fmt::format("expected {} axes a sample, found {}", column.field.axes.size(),
                              describe_shape(shape)));
  }
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] > std::numeric_limits<uint32_t>::max()) refuse(array, "an axis is too long");
    value.shape[axis] = static_cast<uint32_t>(shape[axis]);
  }
  value.original_shape = value.shape;
}

// Faults of a value with the place that it was read from.
template <typename Work>
auto placed(const Hdf5BoxReader& array, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", array.array().path, error.message()),
                array.dataset().file().path());
  }
}

void read_numbers(const Hdf5BoxReader& array, const Hdf5Column& column,
                  const std::optional<Hdf5Row>& row, Sample& sample, FieldValue& value) {
  const Hdf5Array& stored = array.array();
  if (stored.type.kind != Hdf5Kind::kNumber || neutral_dtype(stored.type) != column.field.dtype)
    refuse(array,
           fmt::format("expected {}, found {}", dtype_name(column.field.dtype), stored.type.name));
  const ArrayBox box = row_box(stored, row);
  std::vector<uint64_t> shape = box.extent;
  if (row) shape.erase(shape.begin() + static_cast<ptrdiff_t>(row->axis));
  Bytes& elements = sample.next_buffer();
  elements.resize(box.element_count() * stored.type.size_bytes);
  array.read(box, elements);
  placed(array, [&] { make_neutral(stored.type, elements); });
  value.bytes = elements;
  if (column.form == ColumnForm::kInline) {
    const auto expected = static_cast<uint64_t>(column.field.inline_element_count());
    if (box.element_count() != expected)
      refuse(array, fmt::format("expected {} elements a sample, found {}", expected,
                                describe_shape(shape)));
    return;
  }
  if (!column.order.empty() && column.order.size() == shape.size()) {
    Bytes& turned = sample.next_buffer();
    turned.resize(elements.size());
    permute_axes(shape, column.order, elements, turned, dtype_size(column.field.dtype));
    value.bytes = turned;
  }
  set_shape(array, column, turned_shape(column, shape), value);
}

int32_t fitting(int64_t number) {
  if (number < std::numeric_limits<int32_t>::min() || number > std::numeric_limits<int32_t>::max())
    throw Error(ErrorCode::kUnsupported, fmt::format("the label {} does not fit int32", number));
  return static_cast<int32_t>(number);
}

}  // namespace

int32_t label_of(const Hdf5Type& type, ByteSpan element) {
  return fitting(whole_number(type, element));
}

ArrayBox row_box(const Hdf5Array& array, const std::optional<Hdf5Row>& row) {
  ArrayBox box{std::vector<uint64_t>(array.shape.size(), 0), array.shape};
  if (!row) return box;
  box.start[row->axis] = row->index;
  box.extent[row->axis] = 1;
  return box;
}

FieldValue read_hdf5_value(const Hdf5BoxReader& array, const Hdf5Column& column,
                           const std::optional<Hdf5Row>& row, Sample& sample) {
  FieldValue value;
  switch (column.form) {
    case ColumnForm::kText:
    case ColumnForm::kFile: {
      Bytes& bytes = sample.next_buffer();
      read_bytes(array, row, bytes);
      value.bytes = bytes;
      // An image file nobody has looked at has no shape yet.
      if (column.field.axes == "B") set_shape(array, column, {bytes.size()}, value);
      break;
    }
    case ColumnForm::kLabel: {
      const ArrayBox box = row_box(array.array(), row);
      if (array.array().type.kind != Hdf5Kind::kNumber || box.element_count() != 1)
        refuse(array, "expected one number a sample");
      Bytes element(array.array().type.size_bytes);
      array.read(box, element);
      return inline_number(placed(array, [&] { return label_of(array.array().type, element); }),
                           sample);
    }
    default:
      read_numbers(array, column, row, sample, value);
  }
  if (column.field.storage == Storage::kBlob) value.hash = xxh3_64(value.bytes);
  return value;
}

FieldValue attribute_value(const Hdf5Attribute& attribute, const Hdf5Column& column,
                           Sample& sample) {
  FieldValue value;
  if (const auto* number = std::get_if<int64_t>(&attribute)) {
    if (column.form == ColumnForm::kLabel) return inline_number(fitting(*number), sample);
    return inline_number(*number, sample);
  } else if (const auto* real = std::get_if<double>(&attribute)) {
    Bytes& bytes = sample.next_buffer();
    bytes.resize(sizeof(*real));
    store_le(bytes.data(), *real);
    Hdf5Type type;
    type.kind = Hdf5Kind::kNumber;
    type.number = 'f';
    type.size_bytes = sizeof(double);
    make_neutral(type, bytes);
    value.bytes = bytes;
  } else {
    const std::string& text = std::get<std::string>(attribute);
    Bytes& bytes = sample.next_buffer();
    bytes.assign(text.begin(), text.end());
    value.bytes = bytes;
    value.shape[0] = static_cast<uint32_t>(bytes.size());
    value.original_shape = value.shape;
    value.hash = xxh3_64(bytes);
  }
  return value;
}

}  // namespace stoker
