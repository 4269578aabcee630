#include "formats/cifar/pickle_array.h"

#include <fmt/format.h>

#include "formats/stacked/strided_array.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw Error(ErrorCode::kUnsupported, fmt::format("'{}' in the pickle {}", what, why));
}

std::string_view function_of(const PickleValues& values, const PickleValue& value) {
  if (value.kind != PickleKind::kCall) return {};
  return as_text(values.at(value.items[0]).text);
}

// Of an item of a tuple; empty where it is none.
std::string_view text_at(const PickleValues& values, const PickleValue& tuple, size_t i) {
  if (i >= tuple.items.size()) return {};
  return as_text(values.text_of(values.at(tuple.items[i])).value_or(ByteSpan()));
}

// "u1" and the byte order that its state tells.
ElementType type_of(const PickleValues& values, const PickleValue& value, const std::string& what) {
  if (function_of(values, value) != "numpy dtype" || value.items.size() != 3) {
    refuse(what, "has no plain element type");
  }
  const PickleValue& arguments = values.at(value.items[1]);
  const PickleValue& state = values.at(value.items[2]);
  const std::string_view text = text_at(values, arguments, 0);
  const std::string_view order = text_at(values, state, 1);
  if (text.size() != 2 || order.empty()) refuse(what, "has no plain element type");
  ElementType type;
  type.size_bytes = static_cast<uint8_t>(text[1] - '0');
  type.big_endian = order == ">";
  const bool known_size =
      type.size_bytes == 1 || type.size_bytes == 2 || type.size_bytes == 4 || type.size_bytes == 8;
  const char letter = text[0];
  if (letter == 'u') type.kind = ElementKind::kUnsigned;
  if (letter == 'i') type.kind = ElementKind::kSigned;
  if (letter == 'f') type.kind = ElementKind::kFloat;
  const bool known = letter == 'u' || letter == 'i' || (letter == 'f' && type.size_bytes > 1);
  if (!known || !known_size) refuse(what, fmt::format("has elements '{}'", text));
  return type;
}

std::vector<uint64_t> shape_of(const PickleValues& values, const PickleValue& value,
                               const std::string& what) {
  std::vector<uint64_t> shape;
  if (value.kind != PickleKind::kTuple) refuse(what, "has no shape");
  for (const PickleIndex item : value.items) {
    const PickleValue& extent = values.at(item);
    if (extent.kind != PickleKind::kInteger || extent.integer < 0) refuse(what, "has no shape");
    shape.push_back(static_cast<uint64_t>(extent.integer));
  }
  return shape;
}

// Where the parts of an array stand: in the state of _reconstruct (version, shape, type, order,
// elements), or in the arguments of _frombuffer (elements, type, shape, "C" or "F").
struct Parts {
  const PickleValue* shape;
  const PickleValue* type;
  const PickleValue* order;
  const PickleValue* elements;
};

Parts parts_of(const PickleValues& values, const PickleValue& value, const std::string& what) {
  const std::string_view function = function_of(values, value);
  const auto item = [&](PickleIndex tuple, size_t i) {
    return &values.at(values.at(tuple).items[i]);
  };
  if (function.ends_with("_reconstruct") && value.items.size() == 3 &&
      values.at(value.items[2]).items.size() == 5) {
    const PickleIndex state = value.items[2];
    return {item(state, 1), item(state, 2), item(state, 3), item(state, 4)};
  }
  if (function.ends_with("_frombuffer") && values.at(value.items[1]).items.size() == 4) {
    const PickleIndex arguments = value.items[1];
    return {item(arguments, 2), item(arguments, 1), item(arguments, 3), item(arguments, 0)};
  }
  refuse(what, "is no array");
}

bool is_array(const PickleValues& values, const PickleValue& value) {
  const std::string_view function = function_of(values, value);
  return function.ends_with("_reconstruct") || function.ends_with("_frombuffer");
}

}  // namespace

PickledArray pickled_array(const PickleValues& values, const PickleValue& value,
                           const std::string& what) {
  const Parts parts = parts_of(values, value, what);
  PickledArray array;
  array.type = type_of(values, *parts.type, what);
  array.shape = shape_of(values, *parts.shape, what);
  const auto order = values.text_of(*parts.order);
  array.fortran_order = order ? as_text(*order) == "F" : parts.order->integer != 0;
  const auto elements = values.text_of(*parts.elements);
  if (!elements) refuse(what, "has no elements");
  array.elements = *elements;
  if (array_bytes(array.shape, array.type) != array.elements.size()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("'{}' in the pickle has {} bytes of elements for a shape of ({})", what,
                            array.elements.size(), fmt::join(array.shape, ", ")));
  }
  return array;
}

std::vector<int64_t> pickled_integers(const PickleValues& values, const PickleValue& value,
                                      const std::string& what) {
  std::vector<int64_t> integers;
  if (is_array(values, value)) {
    const PickledArray array = pickled_array(values, value, what);
    if (array.shape.size() != 1 || array.type.big_endian) refuse(what, "is no list of numbers");
    Bytes wide(array.shape[0] * sizeof(int64_t));
    convert_elements(array.type, array.elements, DType::kInt64, wide);
    for (size_t i = 0; i < array.shape[0]; ++i)
      integers.push_back(load_le<int64_t>(wide.data() + i * sizeof(int64_t)));
    return integers;
  }
  if (value.kind != PickleKind::kList) refuse(what, "is no list of numbers");
  for (const PickleIndex item : value.items) {
    if (values.at(item).kind != PickleKind::kInteger) refuse(what, "is no list of numbers");
    integers.push_back(values.at(item).integer);
  }
  return integers;
}

std::vector<std::string> pickled_texts(const PickleValues& values, const PickleValue& value,
                                       const std::string& what) {
  std::vector<std::string> texts;
  if (value.kind != PickleKind::kList) refuse(what, "is no list of texts");
  for (const PickleIndex item : value.items) {
    const auto text = values.text_of(values.at(item));
    if (!text) refuse(what, "is no list of texts");
    texts.emplace_back(as_text(*text));
  }
  return texts;
}

}  // namespace stoker
