#include "formats/tfrecord/example_encode.h"

#include <utility>

#include "formats/tfrecord/record_frame.h"
#include "libdata/core/crc32c.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint64_t kMostExampleBytes = (uint64_t{1} << 31) - 1;

void append_varint(uint64_t value, Bytes& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

// Tag and length of a field of bytes.
void append_front(uint32_t number, uint64_t size, Bytes& out) {
  append_varint((number << 3) | 2, out);
  append_varint(size, out);
}

uint64_t front_bytes(uint64_t size) {
  uint64_t bytes = 2;  // the tag, and the length's last byte
  for (; size >= 0x80; size >>= 7)
    ++bytes;
  return bytes;
}

void append(std::string_view text, Bytes& out) {
  const ByteSpan bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

void ExampleBuilder::clear() {
  entries_.clear();
}

// An entry of the map, outermost first: entry { key, feature { list { front, value } } }.
void ExampleBuilder::add(std::string_view name, uint32_t list_number, const Bytes& list_front,
                         ByteSpan value) {
  const uint64_t list = list_front.size() + value.size();
  const uint64_t feature = front_bytes(list) + list;
  const uint64_t entry = front_bytes(name.size()) + name.size() + front_bytes(feature) + feature;
  Entry added;
  append_front(1, entry, added.front);
  append_front(1, name.size(), added.front);
  append(name, added.front);
  append_front(2, feature, added.front);
  append_front(list_number, list, added.front);
  added.front.insert(added.front.end(), list_front.begin(), list_front.end());
  added.value = value;
  entries_.push_back(std::move(added));
}

void ExampleBuilder::add_bytes(std::string_view name, ByteSpan value) {
  Bytes front;
  append_front(1, value.size(), front);
  add(name, 1, front, value);
}

void ExampleBuilder::add_int64(std::string_view name, std::span<const int64_t> values) {
  Bytes packed;
  for (const int64_t value : values)
    append_varint(static_cast<uint64_t>(value), packed);
  Bytes list;
  append_front(1, packed.size(), list);
  list.insert(list.end(), packed.begin(), packed.end());
  add(name, 3, list, {});
}

void ExampleBuilder::add_floats(std::string_view name, std::span<const float> values) {
  Bytes list;
  append_front(1, values.size_bytes(), list);
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  list.insert(list.end(), bytes, bytes + values.size_bytes());
  add(name, 2, list, {});
}

const std::vector<ByteSpan>& ExampleBuilder::record() {
  uint64_t features = 0;
  for (const Entry& entry : entries_)
    features += entry.front.size() + entry.value.size();
  const uint64_t example = front_bytes(features) + features;
  if (example > kMostExampleBytes) {
    throw Error(ErrorCode::kUnsupported,
                "a tf.train.Example of 2 GiB or more can be read by nobody");
  }
  begin_.resize(kRecordFrontBytes);
  store_le(begin_.data(), example);
  store_le(begin_.data() + 8, mask_crc32c(crc32c(ByteSpan(begin_).first(8))));
  append_front(1, features, begin_);
  pieces_ = {begin_};
  uint32_t crc = crc32c(ByteSpan(begin_).subspan(kRecordFrontBytes));
  for (const Entry& entry : entries_) {
    for (const ByteSpan piece : {ByteSpan(entry.front), entry.value}) {
      if (piece.empty()) continue;
      crc = crc32c(piece, crc);
      pieces_.push_back(piece);
    }
  }
  end_.resize(kRecordEndBytes);
  store_le(end_.data(), mask_crc32c(crc));
  pieces_.push_back(end_);
  return pieces_;
}

}  // namespace stoker
