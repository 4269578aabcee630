#include "formats/tfrecord/wire_reader.h"

#include <algorithm>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

constexpr uint64_t kWindowBytes = 4096;
constexpr int kVarintBits = 7;
constexpr int kMostVarintBytes = 10;
constexpr int kTypeBits = 3;

}  // namespace

WireReader::WireReader(ByteSpan bytes) : end_(bytes.size()), window_(bytes) {}

WireReader::WireReader(const ByteSource& source, WireRange range, ByteSpan front)
    : source_(&source), end_(range.end), window_begin_(range.begin), window_(front) {
  if (window_.size() > range.size()) window_ = window_.first(static_cast<size_t>(range.size()));
  front_begin_ = window_begin_;
  front_ = window_;
}

void WireReader::fail(const char* why, uint64_t position) const {
  throw Error(ErrorCode::kCorrupt, std::string("expected a protocol buffer: ") + why,
              source_ != nullptr ? source_->path() : std::string(), position);
}

void WireReader::refill(uint64_t position) {
  if (source_ == nullptr || position >= end_) fail("it is cut short", position);
  buffer_.resize(static_cast<size_t>(std::min(kWindowBytes, end_ - position)));
  source_->read(position, buffer_);
  window_begin_ = position;
  window_ = buffer_;
}

uint8_t WireReader::byte_at(uint64_t position) {
  if (position >= front_begin_ && position - front_begin_ < front_.size()) {
    return front_[static_cast<size_t>(position - front_begin_)];
  }
  if (position < window_begin_ || position - window_begin_ >= window_.size()) refill(position);
  return window_[static_cast<size_t>(position - window_begin_)];
}

uint64_t WireReader::read_varint(uint64_t* position, uint64_t end) {
  const uint64_t start = *position;
  uint64_t value = 0;
  for (int i = 0; i < kMostVarintBytes; ++i) {
    if (*position >= end) fail("a number is cut short", start);
    const uint8_t byte = byte_at((*position)++);
    value |= static_cast<uint64_t>(byte & 0x7f) << (kVarintBits * i);
    if (byte < 0x80) return value;
  }
  fail("a number is too long", start);
}

std::optional<WireField> WireReader::next_field(uint64_t* position, uint64_t end) {
  if (*position >= end) return std::nullopt;
  const uint64_t start = *position;
  const uint64_t tag = read_varint(position, end);
  const uint64_t number = tag >> kTypeBits;
  if (number == 0 || number >= (uint64_t{1} << 29)) fail("a field has no number", start);
  WireField field;
  field.number = static_cast<uint32_t>(number);
  field.type = static_cast<WireType>(tag & ((1 << kTypeBits) - 1));
  uint64_t size = 0;
  switch (field.type) {
    case WireType::kVarint:
      field.value.begin = *position;
      read_varint(position, end);
      field.value.end = *position;
      return field;
    case WireType::kFixed64:
      size = 8;
      break;
    case WireType::kBytes:
      size = read_varint(position, end);
      break;
    case WireType::kFixed32:
      size = 4;
      break;
    default:
      fail("a field has a type that is not in use", start);
  }
  if (size > end - *position) fail("a field reaches past its end", start);
  field.value = {*position, *position + size};
  *position += size;
  return field;
}

std::string WireReader::read_text(WireRange range) {
  std::string text;
  text.reserve(static_cast<size_t>(range.size()));
  for (uint64_t at = range.begin; at < range.end; ++at)
    text += static_cast<char>(byte_at(at));
  return text;
}

uint64_t WireReader::count_varints(WireRange range) {
  uint64_t count = 0;
  for (uint64_t at = range.begin; at < range.end; ++count)
    read_varint(&at, range.end);
  return count;
}

}  // namespace stoker
