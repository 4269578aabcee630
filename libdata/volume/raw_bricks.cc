#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/brick_layout.h"

namespace stoker {

RawBricks::RawBricks(const VolumeShape& shape) : shape_(shape), grid_(shape.size_zyx) {
  check_volume_shape(shape);
  const auto voxel_bytes = static_cast<uint64_t>(shape.channels) * dtype_size(shape.dtype);
  uint64_t end = kBrickHeaderBytes + brick_table_bytes(shape);
  offsets_.reserve(grid_.brick_count());
  for (uint64_t brick = 0; brick < grid_.brick_count(); ++brick) {
    offsets_.push_back(align_brick(end));
    end = offsets_.back() + static_cast<uint64_t>(grid_.box(brick).voxel_count()) * voxel_bytes;
  }
  blob_bytes_ = end;
}

void RawBricks::seal(std::span<uint8_t> blob) const {
  if (blob.size() != blob_bytes_) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} bytes for raw bricks, expected {}", blob.size(), blob_bytes_));
  }
  const auto voxel_bytes = static_cast<uint64_t>(shape_.channels) * dtype_size(shape_.dtype);
  run_parallel(grid_.brick_count(), [&](uint64_t brick) {
    BrickEntry entry;
    entry.offset_bytes = offsets_[brick];
    entry.stored_bytes =
        static_cast<uint32_t>(static_cast<uint64_t>(grid_.box(brick).voxel_count()) * voxel_bytes);
    const uint64_t end = entry.offset_bytes + entry.stored_bytes;
    entry.hash = xxh3_64(blob.subspan(entry.offset_bytes, entry.stored_bytes));
    store_brick_entry(entry, blob.data() + kBrickHeaderBytes + brick * kBrickEntryBytes);
    if (brick + 1 < grid_.brick_count()) {
      std::memset(blob.data() + end, 0, offsets_[brick + 1] - end);
    }
  });
  const uint64_t table_end = kBrickHeaderBytes + brick_table_bytes(shape_);
  std::memset(blob.data() + table_end, 0, offsets_[0] - table_end);
  BrickHead head;
  head.shape = shape_;
  head.blob_bytes = blob_bytes_;
  store_brick_head(head, blob);
}

}  // namespace stoker
