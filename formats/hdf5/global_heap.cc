#include "formats/hdf5/global_heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint64_t kHeaderBytes = 16;  // of a collection, and of each object in it
constexpr uint64_t kFrontBytes = 4096;

[[noreturn]] void refuse(const RangeFile& file, uint64_t offset, const char* why) {
  throw Error(ErrorCode::kCorrupt, why, file.path(), offset);
}

}  // namespace

void GlobalHeap::read(ByteSpan reference, Bytes& value) {
  const auto length = load_le<uint32_t>(reference.data());
  const auto address = load_le<uint64_t>(reference.data() + 4);
  const auto index = load_le<uint32_t>(reference.data() + 12);
  value.clear();
  if (length == 0) return;
  if (address > file_.size() ||
      base_ + address > file_.size() - std::min(file_.size(), kHeaderBytes))
    refuse(file_, base_, "a value of any length lies past the end of the file");
  if (offset_ != base_ + address || offset_ == 0) open(base_ + address);
  uint64_t size = 0;
  const uint64_t at = find(index, &size);
  if (length > size) refuse(file_, offset_ + at, "a value is shorter than its reference says");
  value.resize(length);
  file_.read(offset_ + at, value);
}

void GlobalHeap::open(uint64_t offset) {
  offset_ = 0;
  std::array<uint8_t, kHeaderBytes> header{};
  file_.read(offset, header);
  const bool magic = as_text(header).substr(0, 4) == "GCOL" && header[4] == 1;
  if (!magic) refuse(file_, offset, "expected a collection of values (GCOL, version 1)");
  const auto size = load_le<uint64_t>(header.data() + 8);
  if (size < kHeaderBytes || size > file_.size() - offset)
    refuse(file_, offset, "a collection of values goes past the end of the file");
  size_ = size;
  front_.resize(std::min(size, kFrontBytes));
  file_.read(offset, front_);
  offset_ = offset;
}

// Eight bytes of the collection. Precondition: they lie in it.
uint64_t GlobalHeap::load(uint64_t at) {
  if (at + 8 <= front_.size()) return load_le<uint64_t>(front_.data() + at);
  std::array<uint8_t, 8> bytes{};
  file_.read(offset_ + at, bytes);
  return load_le<uint64_t>(bytes.data());
}

// Offset of an object's bytes in the collection.
uint64_t GlobalHeap::find(uint32_t index, uint64_t* size_bytes) {
  uint64_t at = kHeaderBytes;
  while (at + kHeaderBytes <= size_) {
    const auto number = static_cast<uint32_t>(load(at) & 0xffff);
    const uint64_t size = load(at + 8);
    if (number == 0) break;  // the rest is free
    if (size > size_ - at - kHeaderBytes)
      refuse(file_, offset_ + at, "a value goes past the end of its collection");
    if (number == index) {
      *size_bytes = size;
      return at + kHeaderBytes;
    }
    at += kHeaderBytes + (size + 7) / 8 * 8;
  }
  refuse(file_, offset_, "a reference leads to a value that is not there");
}

}  // namespace stoker
