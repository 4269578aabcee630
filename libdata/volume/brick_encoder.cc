#include "libdata/volume/brick_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/volume/brick_codec.h"
#include "libdata/volume/brick_layout.h"

namespace stoker {
namespace {

// Voxels of `box`, rows packed, out of the whole volume.
void gather_brick(const VolumeShape& shape, const uint8_t* voxels_czyx, const Box& box,
                  uint8_t* out) {
  const auto element = static_cast<int64_t>(dtype_size(shape.dtype));
  const auto row_bytes = static_cast<size_t>(box.size_zyx[2] * element);
  for (int64_t c = 0; c < shape.channels; ++c) {
    for (int64_t z = box.begin_zyx[0]; z < box.end(0); ++z) {
      for (int64_t y = box.begin_zyx[1]; y < box.end(1); ++y) {
        const int64_t row = (c * shape.size_zyx[0] + z) * shape.size_zyx[1] + y;
        const uint8_t* from = voxels_czyx + (row * shape.size_zyx[2] + box.begin_zyx[2]) * element;
        if (row_bytes == kBrickEdge) {  // nearly always: two moves instead of a call
          std::memcpy(out, from, kBrickEdge);
        } else {
          std::memcpy(out, from, row_bytes);
        }
        out += row_bytes;
      }
    }
  }
}

void check_labels(ByteSpan voxels, const Box& box) {
  // All of them first, which vectorises; where, only once there is one.
  uint8_t largest = 0;
  for (const uint8_t voxel : voxels)
    largest = std::max(largest, voxel);
  if (largest <= 2) return;
  const auto bad = std::find_if(voxels.begin(), voxels.end(), [](uint8_t v) { return v > 2; });
  const int64_t i = bad - voxels.begin();
  const Zyx& size = box.size_zyx;
  throw Error(
      ErrorCode::kCorrupt,
      fmt::format("label value {} at z {}, y {}, x {}: labels are 0 (background), 1 "
                  "(surface) and 2 (ignored)",
                  *bad, box.begin_zyx[0] + i / (size[1] * size[2]),
                  box.begin_zyx[1] + i / size[2] % size[1], box.begin_zyx[2] + i % size[2]));
}

// Appends one brick to `blob` and tells how; only the offset and the hash are left to the caller.
BrickEntry append_brick(const VolumeShape& shape, const Box& box, ByteSpan voxels,
                        BrickContent content, Bytes& blob) {
  BrickEntry entry;
  if (content == BrickContent::kLabel) {
    check_labels(voxels, box);
    entry.label_counts = count_labels(voxels);
  }
  if (const auto constant = find_constant(voxels, dtype_size(shape.dtype))) {
    entry.encoding = BrickEncoding::kConstant;
    entry.value_bits = *constant;
  } else if (content == BrickContent::kLabel) {
    entry.encoding = BrickEncoding::kLabels;
    append_labels(voxels, blob);
  } else if (content == BrickContent::kDistance && append_steps(box.size_zyx, voxels, blob)) {
    entry.encoding = BrickEncoding::kSteps;
    entry.value_bits = voxels[0];
  } else {
    blob.resize(align_brick(blob.size()));
    blob.insert(blob.end(), voxels.begin(), voxels.end());
  }
  return entry;
}

// Bricks of intensities are gathered where they stay; the blob's memory is that of the volume
// before.
uint64_t fill_intensities(const VolumeShape& shape, const BrickGrid& grid,
                          const uint8_t* voxels_czyx, Bytes& blob) {
  const size_t element = dtype_size(shape.dtype);
  uint64_t end = kBrickHeaderBytes + brick_table_bytes(shape);
  for (uint64_t brick = 0; brick < grid.brick_count(); ++brick) {
    const Box box = grid.box(brick);
    const uint64_t begin = align_brick(end);
    const auto bytes = static_cast<uint64_t>(box.voxel_count() * shape.channels) * element;
    gather_brick(shape, voxels_czyx, box, blob.data() + begin);
    const ByteSpan voxels = ByteSpan(blob).subspan(begin, bytes);
    BrickEntry entry;
    if (const auto constant = find_constant(voxels, element)) {
      entry.encoding = BrickEncoding::kConstant;
      entry.value_bits = *constant;
      entry.offset_bytes = end;
    } else {
      std::memset(blob.data() + end, 0, begin - end);
      entry.offset_bytes = begin;
      entry.stored_bytes = static_cast<uint32_t>(bytes);
      entry.hash = xxh3_64(voxels);
      end = begin + bytes;
    }
    store_brick_entry(entry, blob.data() + kBrickHeaderBytes + brick * kBrickEntryBytes);
  }
  return end;
}

void check_content(const VolumeShape& shape, BrickContent content) {
  const bool fits =
      content == BrickContent::kIntensity ||
      (shape.channels == 1 &&
       shape.dtype == (content == BrickContent::kLabel ? DType::kUInt8 : DType::kInt8));
  if (!fits) {
    throw Error(ErrorCode::kInvalidArgument,
                "labels are uint8 of one channel, distances int8 of one channel");
  }
}

}  // namespace

void encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content,
                   Bytes& blob) {
  check_volume_shape(shape);
  check_content(shape, content);
  if (voxels_czyx.size() != shape.byte_count()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} bytes of voxels, expected {}",
                                                         voxels_czyx.size(), shape.byte_count()));
  }
  const BrickGrid grid(shape.size_zyx);
  BrickHead head;
  head.shape = shape;
  head.has_labels = content == BrickContent::kLabel;
  if (content == BrickContent::kIntensity) {
    blob.resize(RawBricks(shape).blob_bytes());  // the most it can come to
    blob.resize(fill_intensities(shape, grid, voxels_czyx.data(), blob));
    head.blob_bytes = blob.size();
    store_brick_head(head, blob);
    return;
  }
  blob.clear();
  blob.resize(kBrickHeaderBytes + brick_table_bytes(shape));
  Bytes voxels;
  for (uint64_t brick = 0; brick < grid.brick_count(); ++brick) {
    const Box box = grid.box(brick);
    voxels.resize(static_cast<uint64_t>(box.voxel_count() * shape.channels) *
                  dtype_size(shape.dtype));
    gather_brick(shape, voxels_czyx.data(), box, voxels.data());
    const uint64_t before = blob.size();
    BrickEntry entry = append_brick(shape, box, voxels, content, blob);
    entry.offset_bytes = entry.encoding == BrickEncoding::kRaw ? align_brick(before) : before;
    entry.stored_bytes = static_cast<uint32_t>(blob.size() - entry.offset_bytes);
    if (entry.stored_bytes > 0) entry.hash = xxh3_64(ByteSpan(blob).subspan(entry.offset_bytes));
    store_brick_entry(entry, blob.data() + kBrickHeaderBytes + brick * kBrickEntryBytes);
    for (size_t value = 0; value < 3; ++value)
      head.label_counts[value] += entry.label_counts[value];
  }
  head.blob_bytes = blob.size();
  store_brick_head(head, blob);
}

Bytes encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content) {
  Bytes blob;
  encode_bricks(shape, voxels_czyx, content, blob);
  return blob;
}

}  // namespace stoker
