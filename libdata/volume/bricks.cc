#include "libdata/volume/bricks.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/volume/brick_codec.h"
#include "libdata/volume/brick_layout.h"

namespace stoker {
namespace {

[[noreturn]] void corrupt_entry(uint64_t brick, const std::string& message) {
  throw Error(ErrorCode::kCorrupt, fmt::format("brick volume: brick {}: {}", brick, message), "",
              kBrickHeaderBytes + brick * kBrickEntryBytes);
}

// Bricks follow one another with no more than padding between them, so that no two overlap and
// nothing is hidden. Returns where the brick ends.
uint64_t check_entry(const BrickVolume& volume, uint64_t brick, const uint8_t* stored_entry,
                     uint64_t previous_end) {
  const BrickEntry entry = volume.entry(brick);
  const uint64_t voxel_bytes = volume.brick_bytes(brick);
  if (stored_entry[13] != 0 || stored_entry[30] != 0 || stored_entry[31] != 0) {
    corrupt_entry(brick, "reserved bytes are not 0");
  }
  const bool is_raw = entry.encoding == BrickEncoding::kRaw;
  const uint64_t begin = is_raw ? align_brick(previous_end) : previous_end;
  if (entry.offset_bytes != begin) {
    corrupt_entry(brick, fmt::format("offset {}, expected {}", entry.offset_bytes, begin));
  }
  if (begin > volume.blob_bytes() || entry.stored_bytes > volume.blob_bytes() - begin) {
    corrupt_entry(brick, "it ends past the end of the blob");
  }
  switch (entry.encoding) {
    case BrickEncoding::kRaw:
      if (entry.stored_bytes != voxel_bytes) corrupt_entry(brick, "raw, but of another size");
      break;
    case BrickEncoding::kConstant:
      if (entry.stored_bytes != 0 || entry.hash != 0) corrupt_entry(brick, "constant, but stored");
      break;
    case BrickEncoding::kLabels:
    case BrickEncoding::kSteps: {
      const DType dtype = entry.encoding == BrickEncoding::kLabels ? DType::kUInt8 : DType::kInt8;
      if (volume.shape().dtype != dtype || volume.shape().channels != 1) {
        corrupt_entry(brick, "encoding does not fit the element type or channels");
      }
      if (entry.stored_bytes == 0) corrupt_entry(brick, "packed, but empty");
      break;
    }
    default:
      corrupt_entry(brick, fmt::format("unknown encoding {}", stored_entry[12]));
  }
  const bool has_value =
      entry.encoding == BrickEncoding::kConstant || entry.encoding == BrickEncoding::kSteps;
  const unsigned most = !has_value ? 0 : dtype_size(volume.shape().dtype) == 1 ? 0xff : 0xffff;
  if (entry.value_bits > most) corrupt_entry(brick, "its value is out of range");
  return begin + entry.stored_bytes;
}

std::string find_damage(const BrickVolume& volume, ByteSpan blob, uint64_t brick,
                        std::vector<uint8_t>& voxels) {
  const BrickEntry entry = volume.entry(brick);
  const ByteSpan stored = blob.subspan(entry.offset_bytes, entry.stored_bytes);
  if (entry.encoding != BrickEncoding::kConstant && xxh3_64(stored) != entry.hash) {
    return "stored bytes do not match their hash";
  }
  voxels.resize(volume.brick_bytes(brick));
  try {
    decode_brick(volume.shape(), volume.grid().box(brick), entry, stored, voxels);
  } catch (const Error& error) {
    return error.message();
  }
  if (volume.has_labels() && count_labels(voxels) != entry.label_counts) {
    return "label counts do not match the voxels";
  }
  return "";
}

// Of the zero bytes between the end of a brick and the next: the offset of one that is not 0.
uint64_t find_dirty_padding(ByteSpan blob, uint64_t begin, uint64_t end) {
  while (begin < end && blob[begin] == 0)
    ++begin;
  return begin;
}

}  // namespace

uint64_t VolumeShape::byte_count() const {
  return static_cast<uint64_t>(voxel_count() * channels) * dtype_size(dtype);
}

bool is_brick_dtype(DType dtype) {
  return dtype == DType::kUInt8 || dtype == DType::kInt8 || dtype == DType::kUInt16 ||
         dtype == DType::kFloat16;
}

void check_volume_shape(const VolumeShape& shape) {
  for (const int64_t size : shape.size_zyx) {
    if (size < 1 || size > kMaxVolumeSide) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("a volume of {} x {} x {} voxels: each side must be 1 to {}",
                      shape.size_zyx[0], shape.size_zyx[1], shape.size_zyx[2], kMaxVolumeSide));
    }
  }
  if (shape.channels < 1 || shape.channels > kMaxVolumeChannels) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("a volume of {} channels: there can be 1 to {}", shape.channels,
                            kMaxVolumeChannels));
  }
  if (!is_brick_dtype(shape.dtype)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("bricks hold uint8, int8, uint16 or float16, not {}", dtype_name(shape.dtype)));
  }
}

BrickGrid::BrickGrid(const Zyx& size_zyx) : volume_zyx(size_zyx) {
  for (size_t axis = 0; axis < 3; ++axis) {
    grid_zyx[axis] = (size_zyx[axis] + kBrickEdge - 1) / kBrickEdge;
  }
}

uint64_t BrickGrid::brick_count() const {
  return static_cast<uint64_t>(grid_zyx[0] * grid_zyx[1] * grid_zyx[2]);
}

uint64_t BrickGrid::index(const Zyx& brick_zyx) const {
  return static_cast<uint64_t>((brick_zyx[0] * grid_zyx[1] + brick_zyx[1]) * grid_zyx[2] +
                               brick_zyx[2]);
}

Zyx BrickGrid::place(uint64_t brick) const {
  const auto i = static_cast<int64_t>(brick);
  return {i / (grid_zyx[1] * grid_zyx[2]), i / grid_zyx[2] % grid_zyx[1], i % grid_zyx[2]};
}

Box BrickGrid::box(const Zyx& brick_zyx) const {
  Box box;
  for (size_t axis = 0; axis < 3; ++axis) {
    box.begin_zyx[axis] = brick_zyx[axis] * kBrickEdge;
    box.size_zyx[axis] = std::min(kBrickEdge, volume_zyx[axis] - box.begin_zyx[axis]);
  }
  return box;
}

BrickEntry BrickVolume::entry(uint64_t brick) const {
  return load_brick_entry(table_ + brick * kBrickEntryBytes);
}

uint64_t BrickVolume::brick_bytes(uint64_t brick) const {
  return static_cast<uint64_t>(grid_.box(brick).voxel_count() * shape_.channels) *
         dtype_size(shape_.dtype);
}

BrickVolume parse_bricks(ByteSpan blob) {
  const uint64_t head_bytes = brick_head_bytes(blob, blob.size());
  return parse_brick_head(blob.first(head_bytes), blob.size());
}

uint64_t brick_head_bytes(ByteSpan header, uint64_t blob_bytes) {
  return kBrickHeaderBytes + brick_table_bytes(load_brick_head(header, blob_bytes).shape);
}

BrickVolume parse_brick_head(ByteSpan head_bytes, uint64_t blob_bytes) {
  const BrickHead head = load_brick_head(head_bytes, blob_bytes);
  const uint64_t table_bytes = brick_table_bytes(head.shape);
  if (head_bytes.size() - kBrickHeaderBytes < table_bytes) {
    throw Error(ErrorCode::kCorrupt, "brick volume: brick table is cut short", "",
                head_bytes.size());
  }
  const ByteSpan table = head_bytes.subspan(kBrickHeaderBytes, table_bytes);
  if (xxh3_64(table) != head.table_hash) {
    throw Error(ErrorCode::kCorrupt, "brick volume: brick table does not match its hash", "",
                kBrickHeaderBytes);
  }
  BrickVolume volume;
  volume.shape_ = head.shape;
  volume.grid_ = BrickGrid(head.shape.size_zyx);
  volume.has_labels_ = head.has_labels;
  volume.label_counts_ = head.label_counts;
  volume.blob_bytes_ = blob_bytes;
  volume.table_ = table.data();
  uint64_t end = kBrickHeaderBytes + table_bytes;
  std::array<uint64_t, 3> counted{0, 0, 0};
  for (uint64_t brick = 0; brick < volume.brick_count(); ++brick) {
    end = check_entry(volume, brick, table.data() + brick * kBrickEntryBytes, end);
    const auto counts = volume.entry(brick).label_counts;
    const int64_t voxels = head.has_labels ? volume.grid_.box(brick).voxel_count() : 0;
    if (counts[0] + counts[1] + counts[2] != voxels) {
      corrupt_entry(brick, "label counts do not add up to its voxels");
    }
    for (size_t value = 0; value < 3; ++value)
      counted[value] += counts[value];
  }
  if (end != blob_bytes) {
    throw Error(ErrorCode::kCorrupt, "brick volume: bytes after the last brick", "", end);
  }
  if (counted != head.label_counts) {
    throw Error(ErrorCode::kCorrupt, "brick volume: label counts do not add up", "", 64);
  }
  return volume;
}

std::vector<BrickDamage> verify_bricks(const BrickVolume& volume, ByteSpan blob) {
  if (blob.size() != volume.blob_bytes()) {
    throw Error(ErrorCode::kInvalidArgument, "verify_bricks: not the blob the view was made from");
  }
  std::vector<BrickDamage> damages;
  std::vector<uint8_t> voxels;
  uint64_t end = kBrickHeaderBytes + volume.brick_count() * kBrickEntryBytes;
  for (uint64_t brick = 0; brick < volume.brick_count(); ++brick) {
    const BrickEntry entry = volume.entry(brick);
    const Box box = volume.grid().box(brick);
    const uint64_t dirty = find_dirty_padding(blob, end, entry.offset_bytes);
    if (dirty != entry.offset_bytes) {
      damages.push_back({brick, box, dirty, "padding before the brick is not 0"});
    }
    std::string reason = find_damage(volume, blob, brick, voxels);
    if (!reason.empty()) {
      damages.push_back({brick, box, entry.offset_bytes, std::move(reason)});
    }
    end = entry.offset_bytes + entry.stored_bytes;
  }
  return damages;
}

}  // namespace stoker
