#include "libdata/loader/brick_source.h"

#include <algorithm>
#include <optional>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// Header and table of a volume of 1,000 bricks come with the first read.
constexpr uint64_t kFirstRead = 36 * 1024;

// An error that speaks of the blob, told of the file.
Error in_shard(const Error& error, const std::string& place, uint64_t blob_offset) {
  std::optional<uint64_t> offset = error.offset_bytes();
  if (offset && error.path().empty()) *offset += blob_offset;
  return Error(error.code(), error.message(), error.path().empty() ? place : error.path(), offset);
}

void grow(Bytes& buffer, uint64_t size) {
  if (buffer.size() < size) buffer.resize(size);
}

}  // namespace

BrickFiles::BrickFiles(const PackedSplit& split, IoMode io) : split_(&split) {
  if (io == IoMode::kDirect) {
    throw Error(ErrorCode::kInvalidArgument,
                "volumes are read with --io mmap or pread, not direct");
  }
  for (const ShardReader& shard : split.shards()) {
    if (io == IoMode::kPread) {
      files_.emplace_back(shard.path());
    } else {
      shard.advise(AccessPattern::kRandom);
    }
  }
}

const RangeFile* BrickFiles::range_file(size_t shard) const {
  return files_.empty() ? nullptr : &files_[shard];
}

BrickSource::BrickSource(const BrickFiles& files, HashCheck check_hashes)
    : files_(&files), check_hashes_(check_hashes) {}

const BrickVolume& BrickSource::open(uint64_t volume, size_t field) {
  const PackedSplit& split = files_->split();
  volume_ = volume;
  field_ = field;
  blob_ = split.blob(volume, field);
  try {
    if (blob_.codec != Codec::kBricks) {
      throw Error(
          ErrorCode::kUnsupported,
          "the field is stored as '" + std::string(codec_name(blob_.codec)) + "', not as bricks");
    }
    const size_t shard = split.locate(volume).shard;
    file_ = files_->range_file(shard);
    const uint64_t size = blob_.bytes.size();
    if (file_ == nullptr) {
      bricks_ = parse_bricks(blob_.bytes);
    } else {
      uint64_t known = std::min(size, kFirstRead);
      grow(head_, known);
      file_->read(blob_.offset_bytes, std::span(head_).first(known));
      const uint64_t head_bytes = brick_head_bytes(ByteSpan(head_).first(known), size);
      if (head_bytes > known) {
        grow(head_, head_bytes);
        file_->read(blob_.offset_bytes + known,
                    std::span(head_).subspan(known, head_bytes - known));
      }
      bricks_ = parse_brick_head(ByteSpan(head_).first(head_bytes), size);
      bytes_read_ += std::max(known, head_bytes);
    }
    check_shape();
  } catch (const Error& error) {
    throw in_shard(error, split.describe(volume, field), blob_.offset_bytes);
  }
  return bricks_;
}

// The index and the bricks must agree, since patches are placed by the index.
void BrickSource::check_shape() const {
  const PackedSplit& split = files_->split();
  const Schema& schema = split.shards()[split.locate(volume_).shard].schema();
  const VolumeShape& shape = bricks_.shape();
  const size_t z_axis = schema.fields[field_].axes == "CZYX" ? 1 : 0;
  bool same = z_axis == 0 ? shape.channels == 1 : shape.channels == blob_.shape[0];
  for (size_t axis = 0; axis < 3; ++axis) {
    same = same && shape.size_zyx[axis] == blob_.shape[z_axis + axis];
  }
  if (!same || shape.dtype != schema.fields[field_].dtype) {
    throw Error(ErrorCode::kCorrupt, "shape or element type of the bricks and the index differ");
  }
}

void BrickSource::read(const Box& box, const Orientation& orientation, std::span<uint8_t> out,
                       bool past_cache) {
  const FetchBytes fetch = [this](uint64_t offset, uint64_t size) -> ByteSpan {
    bytes_read_ += size;
    if (file_ == nullptr) return blob_.bytes.subspan(offset, size);
    grow(run_, size);
    file_->read(blob_.offset_bytes + offset, std::span(run_).first(size));
    return ByteSpan(run_).first(size);
  };
  try {
    read_region(bricks_, fetch, box, out, {orientation, check_hashes_, past_cache});
  } catch (const Error& error) {
    throw in_shard(error, files_->split().describe(volume_, field_), blob_.offset_bytes);
  }
}

}  // namespace stoker
