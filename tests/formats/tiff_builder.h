// TIFFs put together byte by byte: classic, little-endian, uncompressed, one strip a page, with any
// sample type and the tags that decide whether a page is a plane. Needs no library, so that what
// the reader makes of such files is not what a library made of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker::testing {

struct TiffPageSpec {
  uint32_t height = 1;
  uint32_t width = 1;
  Bytes pixels;  // rows begin with a byte
  uint16_t bits = 8;
  uint16_t format = 1;       // 1 unsigned, 2 signed, 3 float, 6 complex
  uint16_t photometric = 1;  // 0 white is zero, 1 black is zero, 2 RGB, 3 palette
  uint16_t samples = 1;
  uint16_t compression = 1;  // `pixels` are the stored bytes, whatever it says
  uint32_t subfile_type = 0;
  bool absent = false;  // the strip is left out: offset 0, length 0
  std::string description;
  std::string micro_manager;  // tag 51123
};

class TiffBuilder {
 public:
  TiffBuilder& add(const TiffPageSpec& page) {
    const uint32_t strip = page.absent ? 0 : place(page.pixels);
    std::vector<Entry> entries{
        {254, 4, 1, page.subfile_type},
        {256, 4, 1, page.width},
        {257, 4, 1, page.height},
        {258, 3, 1, page.bits},
        {259, 3, 1, page.compression},
        {262, 3, 1, page.photometric},
        {273, 4, 1, strip},
        {277, 3, 1, page.samples},
        {278, 4, 1, page.height},
        {279, 4, 1, page.absent ? 0 : static_cast<uint32_t>(page.pixels.size())},
        {339, 3, 1, page.format},
    };
    if (page.samples > 1)
      entries[3] = {258, 3, page.samples, place_shorts(page.bits, page.samples)};
    if (page.photometric == 3) {
      const Bytes map(size_t{3} * 2 << page.bits, 0);
      entries.push_back({320, 3, 3u << page.bits, place(map)});
    }
    if (!page.description.empty()) entries.push_back(text(270, page.description));
    if (!page.micro_manager.empty()) entries.push_back(text(51123, page.micro_manager));
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.tag < b.tag; });
    if (bytes_.size() % 2 != 0) bytes_.push_back(0);
    store(link_at_, static_cast<uint32_t>(bytes_.size()));
    append<uint16_t>(static_cast<uint16_t>(entries.size()));
    for (const Entry& entry : entries) {
      append(entry.tag);
      append(entry.type);
      append(entry.count);
      append(entry.value);
    }
    link_at_ = bytes_.size();
    append<uint32_t>(0);
    return *this;
  }

  const Bytes& bytes() const { return bytes_; }

 private:
  struct Entry {
    uint16_t tag;
    uint16_t type;
    uint32_t count;
    uint32_t value;
  };

  template <typename Number>
  void append(Number number) {
    for (size_t i = 0; i < sizeof(Number); ++i)
      bytes_.push_back(static_cast<uint8_t>(number >> (8 * i)));
  }
  void store(size_t at, uint32_t number) {
    for (size_t i = 0; i < 4; ++i)
      bytes_[at + i] = static_cast<uint8_t>(number >> (8 * i));
  }
  uint32_t place(const Bytes& bytes) {
    if (bytes_.size() % 2 != 0) bytes_.push_back(0);
    const auto at = static_cast<uint32_t>(bytes_.size());
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return at;
  }
  // Two of them fit where the offset of more would be.
  uint32_t place_shorts(uint16_t value, uint16_t count) {
    if (count == 2) return value | static_cast<uint32_t>(value) << 16;
    Bytes shorts;
    for (uint16_t i = 0; i < count; ++i) {
      shorts.push_back(static_cast<uint8_t>(value));
      shorts.push_back(static_cast<uint8_t>(value >> 8));
    }
    return place(shorts);
  }
  Entry text(uint16_t tag, const std::string& value) {
    Bytes zero_ended(value.begin(), value.end());
    zero_ended.push_back(0);
    while (zero_ended.size() < 5)  // so that it is never inline
      zero_ended.push_back(0);
    return {tag, 2, static_cast<uint32_t>(zero_ended.size()), place(zero_ended)};
  }

  Bytes bytes_{'I', 'I', 42, 0, 0, 0, 0, 0};
  size_t link_at_ = 4;
};

// The bytes of values, little-endian.
template <typename Value>
Bytes bytes_of_values(const std::vector<Value>& values) {
  Bytes bytes(values.size() * sizeof(Value));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// One page a z, all alike: `voxels` z slowest.
template <typename Voxel>
Bytes stack_of(uint32_t depth, uint32_t height, uint32_t width, const std::vector<Voxel>& voxels,
               TiffPageSpec page = {}) {
  page.height = height;
  page.width = width;
  page.bits = 8 * sizeof(Voxel);
  TiffBuilder builder;
  const size_t plane = size_t{height} * width;
  for (uint32_t z = 0; z < depth; ++z) {
    page.pixels = bytes_of_values(
        std::vector<Voxel>(voxels.begin() + static_cast<ptrdiff_t>(z * plane),
                           voxels.begin() + static_cast<ptrdiff_t>((z + 1) * plane)));
    builder.add(page);
    page.description.clear();  // of the first page alone, as writers do
  }
  return builder.bytes();
}

}  // namespace stoker::testing
