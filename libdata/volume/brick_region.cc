#include "libdata/volume/brick_region.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/volume/brick_codec.h"
#include "libdata/volume/voxel_copy.h"

namespace stoker {
namespace {

void check_region(const BrickVolume& volume, const Box& box, size_t out_bytes) {
  const Zyx& size = volume.shape().size_zyx;
  for (size_t axis = 0; axis < 3; ++axis) {
    if (box.begin_zyx[axis] < 0 || box.size_zyx[axis] < 1 ||
        box.begin_zyx[axis] > size[axis] - box.size_zyx[axis]) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("box of {} voxels from {} along axis {} (0 is z): the volume has {}",
                              box.size_zyx[axis], box.begin_zyx[axis], axis, size[axis]));
    }
  }
  const VolumeShape wanted{box.size_zyx, volume.shape().channels, volume.shape().dtype};
  if (out_bytes != wanted.byte_count()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("a buffer of {} bytes for a box of {}",
                                                         out_bytes, wanted.byte_count()));
  }
}

// Neighbouring bricks along x, which lie one after the other in the blob.
struct BrickRun {
  uint64_t first = 0;
  uint64_t count = 0;
  uint64_t begin_bytes = 0;
  uint64_t end_bytes = 0;  // equal to begin_bytes where all are constant
};

BrickRun brick_run(const BrickVolume& volume, const Zyx& brick_zyx, int64_t last_x) {
  BrickRun run;
  run.first = volume.grid().index(brick_zyx);
  run.count = static_cast<uint64_t>(last_x - brick_zyx[2] + 1);
  for (uint64_t brick = run.first; brick < run.first + run.count; ++brick) {
    const BrickEntry entry = volume.entry(brick);
    if (entry.stored_bytes == 0) continue;
    if (run.begin_bytes == run.end_bytes) run.begin_bytes = entry.offset_bytes;
    run.end_bytes = entry.offset_bytes + entry.stored_bytes;
  }
  return run;
}

template <typename Visit>
void for_each_run(const BrickVolume& volume, const Box& box, const Visit& visit) {
  const int64_t last_x = (box.end(2) - 1) / kBrickEdge;
  for (int64_t z = box.begin_zyx[0] / kBrickEdge; z * kBrickEdge < box.end(0); ++z) {
    for (int64_t y = box.begin_zyx[1] / kBrickEdge; y * kBrickEdge < box.end(1); ++y) {
      visit(brick_run(volume, {z, y, box.begin_zyx[2] / kBrickEdge}, last_x));
    }
  }
}

void check_hash(uint64_t brick, const BrickEntry& entry, ByteSpan stored) {
  if (entry.stored_bytes == 0 || xxh3_64(stored) == entry.hash) return;
  throw Error(ErrorCode::kCorrupt, fmt::format("brick {} does not match its hash", brick), "",
              entry.offset_bytes);
}

// The bricks of a run, decoded where they are not raw. Memory is kept from run to run.
class RunDecoder {
 public:
  std::span<const BrickVoxels> decode(const BrickVolume& volume, const BrickRun& run,
                                      ByteSpan bytes, HashCheck check_hashes) {
    bricks_.clear();
    const uint64_t brick_bytes = volume.brick_bytes(run.first);  // of the largest
    decoded_.resize(std::max<size_t>(decoded_.size(), run.count * brick_bytes));
    for (uint64_t i = 0; i < run.count; ++i) {
      const uint64_t brick = run.first + i;
      const BrickEntry entry = volume.entry(brick);
      ByteSpan stored;
      if (entry.stored_bytes > 0) {
        stored = bytes.subspan(entry.offset_bytes - run.begin_bytes, entry.stored_bytes);
      }
      if (check_hashes.covers(entry.encoding != BrickEncoding::kRaw))
        check_hash(brick, entry, stored);
      BrickVoxels voxels{volume.grid().box(brick), stored.data(), false};
      if (entry.encoding != BrickEncoding::kRaw) {
        uint8_t* const place = decoded_.data() + i * brick_bytes;
        decode_one(volume, brick, entry, stored, voxels.box, place);
        voxels.voxels = place;
        voxels.is_one_row = entry.encoding == BrickEncoding::kConstant;
      }
      bricks_.push_back(voxels);
    }
    return bricks_;
  }

 private:
  static void decode_one(const BrickVolume& volume, uint64_t brick, const BrickEntry& entry,
                         ByteSpan stored, const Box& box, uint8_t* to) {
    size_t bytes = volume.brick_bytes(brick);
    if (entry.encoding == BrickEncoding::kConstant) {  // one row is enough
      bytes = static_cast<size_t>(box.size_zyx[2]) * dtype_size(volume.shape().dtype);
    }
    try {
      decode_brick(volume.shape(), box, entry, stored, {to, bytes});
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("brick {}: {}", brick, error.message()), "",
                  entry.offset_bytes);
    }
  }

  std::vector<BrickVoxels> bricks_;
  std::vector<uint8_t> decoded_;
};

}  // namespace

void read_region(const BrickVolume& volume, const FetchBytes& fetch, const Box& box,
                 std::span<uint8_t> out, const RegionOptions& options) {
  check_region(volume, box, out.size());
  const VoxelCopy copy(volume.shape(), box, options.orientation, out.data(), options.past_cache);
  thread_local RunDecoder decoder;
  for_each_run(volume, box, [&](const BrickRun& run) {
    ByteSpan bytes;
    if (run.end_bytes > run.begin_bytes) {
      bytes = fetch(run.begin_bytes, run.end_bytes - run.begin_bytes);
    }
    copy.from_run(decoder.decode(volume, run, bytes, options.check_hashes));
  });
  copy.finish();
}

void read_region(const BrickVolume& volume, ByteSpan blob, const Box& box, std::span<uint8_t> out,
                 const RegionOptions& options) {
  if (blob.size() != volume.blob_bytes()) {
    throw Error(ErrorCode::kInvalidArgument, "read_region: not the blob the view was made from");
  }
  const FetchBytes fetch = [blob](uint64_t offset, uint64_t size) {
    return blob.subspan(offset, size);
  };
  read_region(volume, fetch, box, out, options);
}

Bytes read_volume(const BrickVolume& volume, ByteSpan blob) {
  Bytes voxels(volume.shape().byte_count());
  read_region(volume, blob, Box{{0, 0, 0}, volume.shape().size_zyx}, voxels);
  return voxels;
}

}  // namespace stoker
