#include "libdata/volume/brick_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/core/little_endian.h"

namespace stoker {
static_assert(std::endian::native == std::endian::little, "stoker needs a little-endian machine");
namespace {

constexpr uint64_t kHeaderHashAt = 120;

[[noreturn]] void corrupt(const std::string& message, uint64_t offset_bytes) {
  throw Error(ErrorCode::kCorrupt, "brick volume: " + message, "", offset_bytes);
}

VolumeShape load_shape(const uint8_t* header) {
  VolumeShape shape;
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto size = load_le<uint64_t>(header + 16 + 8 * axis);
    if (size < 1 || size > kMaxVolumeSide) {
      corrupt(fmt::format("size {} along axis {}, expected 1 to {}", size, axis, kMaxVolumeSide),
              16 + 8 * axis);
    }
    shape.size_zyx[axis] = static_cast<int64_t>(size);
  }
  const auto channels = load_le<uint32_t>(header + 44);
  if (channels < 1 || channels > kMaxVolumeChannels) {
    corrupt(fmt::format("{} channels, expected 1 to {}", channels, kMaxVolumeChannels), 44);
  }
  shape.channels = channels;
  shape.dtype = static_cast<DType>(header[48]);
  if (!is_brick_dtype(shape.dtype)) {
    corrupt(fmt::format("element type {} is not uint8, int8, uint16 or float16", header[48]), 48);
  }
  return shape;
}

}  // namespace

uint64_t brick_table_bytes(const VolumeShape& shape) {
  return BrickGrid(shape.size_zyx).brick_count() * kBrickEntryBytes;
}

uint64_t align_brick(uint64_t offset_bytes) {
  return (offset_bytes + kBrickAlignment - 1) / kBrickAlignment * kBrickAlignment;
}

void store_brick_entry(const BrickEntry& entry, uint8_t* to) {
  std::memset(to, 0, kBrickEntryBytes);
  store_le(to, entry.offset_bytes);
  store_le(to + 8, entry.stored_bytes);
  to[12] = static_cast<uint8_t>(entry.encoding);
  store_le(to + 14, entry.value_bits);
  store_le(to + 16, entry.hash);
  for (size_t value = 0; value < 3; ++value)
    store_le(to + 24 + 2 * value, entry.label_counts[value]);
}

BrickEntry load_brick_entry(const uint8_t* from) {
  BrickEntry entry;
  entry.offset_bytes = load_le<uint64_t>(from);
  entry.stored_bytes = load_le<uint32_t>(from + 8);
  entry.encoding = static_cast<BrickEncoding>(from[12]);
  entry.value_bits = load_le<uint16_t>(from + 14);
  entry.hash = load_le<uint64_t>(from + 16);
  for (size_t value = 0; value < 3; ++value) {
    entry.label_counts[value] = load_le<uint16_t>(from + 24 + 2 * value);
  }
  return entry;
}

void store_brick_head(const BrickHead& head, std::span<uint8_t> blob) {
  uint8_t* to = blob.data();
  const uint64_t table_bytes = brick_table_bytes(head.shape);
  std::memset(to, 0, kBrickHeaderBytes);
  std::copy(kBrickMagic.begin(), kBrickMagic.end(), to);
  store_le(to + 8, kBrickVersion);
  store_le(to + 12, static_cast<uint32_t>(kBrickHeaderBytes));
  for (size_t axis = 0; axis < 3; ++axis) {
    store_le(to + 16 + 8 * axis, static_cast<uint64_t>(head.shape.size_zyx[axis]));
  }
  store_le(to + 40, static_cast<uint32_t>(kBrickEdge));
  store_le(to + 44, static_cast<uint32_t>(head.shape.channels));
  to[48] = static_cast<uint8_t>(head.shape.dtype);
  to[49] = head.has_labels ? 1 : 0;
  store_le(to + 56, table_bytes / kBrickEntryBytes);
  for (size_t value = 0; value < 3; ++value)
    store_le(to + 64 + 8 * value, head.label_counts[value]);
  store_le(to + 88, head.blob_bytes);
  store_le(to + 96, xxh3_64(ByteSpan(blob).subspan(kBrickHeaderBytes, table_bytes)));
  store_le(to + kHeaderHashAt, xxh3_64(ByteSpan(blob).first(kHeaderHashAt)));
}

BrickHead load_brick_head(ByteSpan header, uint64_t blob_bytes) {
  if (header.size() < kBrickHeaderBytes) corrupt("header is cut short", header.size());
  const uint8_t* from = header.data();
  if (!std::equal(kBrickMagic.begin(), kBrickMagic.end(), from)) {
    corrupt("the first 8 bytes are not the magic number", 0);
  }
  if (const auto version = load_le<uint32_t>(from + 8); version != kBrickVersion) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("brick volume version {}: this program reads version {} (a newer "
                            "stoker wrote it? upgrade, or pack again)",
                            version, kBrickVersion),
                "", 8);
  }
  if (load_le<uint64_t>(from + kHeaderHashAt) != xxh3_64(header.first(kHeaderHashAt))) {
    corrupt("header does not match its hash", kHeaderHashAt);
  }
  if (load_le<uint32_t>(from + 12) != kBrickHeaderBytes) corrupt("wrong header size", 12);
  if (load_le<uint32_t>(from + 40) != kBrickEdge) {
    corrupt(fmt::format("brick edge {}, expected {}", load_le<uint32_t>(from + 40), kBrickEdge),
            40);
  }
  if (from[49] > 1) corrupt("reserved content bits are set", 49);
  const auto is_zero = [](uint8_t byte) { return byte == 0; };
  if (!std::all_of(from + 50, from + 56, is_zero)) corrupt("reserved bytes are not 0", 50);
  if (!std::all_of(from + 104, from + 120, is_zero)) corrupt("reserved bytes are not 0", 104);
  BrickHead head;
  head.shape = load_shape(from);
  head.has_labels = from[49] == 1;
  if (head.has_labels && (head.shape.dtype != DType::kUInt8 || head.shape.channels != 1)) {
    corrupt("label counts, but the volume is not uint8 of one channel", 49);
  }
  for (size_t value = 0; value < 3; ++value) {
    head.label_counts[value] = load_le<uint64_t>(from + 64 + 8 * value);
  }
  head.blob_bytes = load_le<uint64_t>(from + 88);
  head.table_hash = load_le<uint64_t>(from + 96);
  if (head.blob_bytes != blob_bytes) {
    corrupt(fmt::format("it says it has {} bytes, but has {}", head.blob_bytes, blob_bytes), 88);
  }
  const uint64_t bricks = BrickGrid(head.shape.size_zyx).brick_count();
  if (load_le<uint64_t>(from + 56) != bricks) {
    corrupt(
        fmt::format("{} bricks, expected {} for its size", load_le<uint64_t>(from + 56), bricks),
        56);
  }
  if (brick_table_bytes(head.shape) > blob_bytes - kBrickHeaderBytes) {
    corrupt("the brick table does not fit in the blob", 56);
  }
  return head;
}

}  // namespace stoker
