#include "formats/lmdb/lmdb_value.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>
#include <utility>

#include "formats/cifar/pickle_array.h"
#include "formats/cifar/pickle_values.h"
#include "formats/tfrecord/wire_reader.h"
#include "formats/utf8_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

constexpr size_t kMostTextBytes = 4096;

// A list of one is what is in it: a loader with batches of one wrote it.
const PickleValue& unwrapped(const PickleValues& values, const PickleValue& value) {
  const bool list = value.kind == PickleKind::kList || value.kind == PickleKind::kTuple;
  return list && value.items.size() == 1 ? values.at(value.items.front()) : value;
}

// Bytes that were decoded go with the pickle's values.
ByteSpan kept(ByteSpan bytes, ByteSpan pickle, Sample& memory) {
  const std::less_equal<> before;
  if (before(pickle.data(), bytes.data()) &&
      before(bytes.data() + bytes.size(), pickle.data() + pickle.size())) {
    return bytes;
  }
  Bytes& copy = memory.next_buffer();
  copy.assign(bytes.begin(), bytes.end());
  return copy;
}

RecordCell decode_image(const PickleValues& values, const PickleValue& value, ByteSpan pickle,
                        Sample& memory) {
  if (const auto text = values.text_of(value)) return bytes_cell(kept(*text, pickle, memory));
  const PickledArray array = pickled_array(values, value, "the image");
  const bool bytes = array.type.kind == ElementKind::kUnsigned && array.type.size_bytes == 1;
  if (bytes && array.shape.size() == 1)  // a file's bytes as an array
    return bytes_cell(kept(array.elements, pickle, memory));
  std::vector<uint64_t> shape = array.shape;
  if (shape.size() == 2) shape.push_back(1);
  const bool pixels =
      bytes && shape.size() == 3 && !array.fortran_order && (shape[2] == 1 || shape[2] == 3);
  if (!pixels) {
    throw Error(ErrorCode::kUnsupported,
                "the image is an array, expected uint8 pixels of height, width and 1 or 3 "
                "channels");
  }
  return array_cell(kept(array.elements, pickle, memory), {}, std::move(shape));
}

RecordCell decode_label(const PickleValues& values, const PickleValue& value, ByteSpan pickle,
                        Sample& memory) {
  if (value.kind == PickleKind::kInteger) return int64_cell(value.integer, memory);
  if (const auto text = values.text_of(value)) return bytes_cell(kept(*text, pickle, memory));
  const std::vector<int64_t> numbers = pickled_integers(values, value, "the label");
  if (numbers.size() != 1) {
    throw Error(ErrorCode::kUnsupported, "the label is an array, expected one number");
  }
  return int64_cell(numbers.front(), memory);
}

}  // namespace

std::optional<int64_t> number_in_text(ByteSpan value) {
  std::string_view text = as_text(value);
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ' || text.back() == '\n'))
    text.remove_suffix(1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_plain_text(ByteSpan value) {
  const std::string_view text = as_text(value);
  if (text.size() > kMostTextBytes || !is_utf8(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t' || c == '\r';
  });
}

bool looks_like_datum(ByteSpan value) {
  // channels, height, width, data, label, float_data, encoded
  const auto fits = [](const WireField& field) {
    if (field.number == 4) return field.type == WireType::kBytes;
    if (field.number == 6)
      return field.type == WireType::kBytes || field.type == WireType::kFixed32;
    return field.number >= 1 && field.number <= 7 && field.type == WireType::kVarint;
  };
  try {
    WireReader reader(value);
    uint64_t at = 0;
    bool has_pixels = false;
    while (const auto field = reader.next_field(&at, value.size())) {
      if (!fits(*field)) return false;
      has_pixels = has_pixels || field->number == 4 || field->number == 6;
    }
    return has_pixels;
  } catch (const Error&) {
    return false;
  }
}

PickledPair decode_pickled_pair(ByteSpan pickle, Sample& memory) {
  const PickleValues values(pickle);
  const PickleValue& root = values.root();
  if ((root.kind != PickleKind::kTuple && root.kind != PickleKind::kList) ||
      root.items.size() != 2) {
    throw Error(ErrorCode::kUnsupported, "the value is a pickle, expected one of (image, label)");
  }
  PickledPair pair;
  pair.image = decode_image(values, unwrapped(values, values.at(root.items[0])), pickle, memory);
  pair.label = decode_label(values, unwrapped(values, values.at(root.items[1])), pickle, memory);
  return pair;
}

std::optional<int64_t> pickled_count(ByteSpan value) {
  if (!looks_like_pickle(value)) return std::nullopt;
  try {
    const PickleValues values(value);
    if (values.root().kind != PickleKind::kInteger) return std::nullopt;
    return values.root().integer;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<std::vector<std::string>> pickled_keys(ByteSpan value) {
  if (!looks_like_pickle(value)) return std::nullopt;
  try {
    const PickleValues values(value);
    return pickled_texts(values, values.root(), "the keys");
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace stoker
