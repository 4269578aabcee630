#include "libdata/volume/brick_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/brick_codec.h"
#include "libdata/volume/brick_layout.h"

namespace stoker {
namespace {

[[noreturn]] void refuse_label(ByteSpan voxels, const Box& box) {
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

BrickLayers::BrickLayers(const VolumeShape& shape, BrickContent content, Bytes& blob)
    : shape_(shape), content_(content), blob_(blob) {
  check_volume_shape(shape);
  check_content(shape, content);
  grid_ = BrickGrid(shape.size_zyx);
  entries_.resize(grid_.brick_count());
  if (content == BrickContent::kIntensity) {
    const RawBricks raw(shape);
    raw_offsets_ = raw.offsets();
    blob_.resize(raw.blob_bytes());  // the most it can come to
  } else {
    packed_.resize(count());
  }
}

Box BrickLayers::box(uint64_t layer) const {
  const int64_t begin = static_cast<int64_t>(layer) * kBrickEdge;
  const auto& [depth, height, width] = shape_.size_zyx;
  return {{begin, 0, 0}, {std::min(kBrickEdge, depth - begin), height, width}};
}

uint64_t BrickLayers::brick_bytes(const Box& box) const {
  return static_cast<uint64_t>(box.voxel_count() * shape_.channels) * dtype_size(shape_.dtype);
}

// Voxels of `box`, rows packed, out of the layer.
void BrickLayers::gather(const Voxels& layer, const Box& box, uint8_t* out) const {
  const size_t element = dtype_size(shape_.dtype);
  const size_t row_bytes = static_cast<size_t>(box.size_zyx[2]) * element;
  const size_t line_bytes = static_cast<size_t>(shape_.size_zyx[2]) * element;
  const size_t plane_bytes = static_cast<size_t>(shape_.size_zyx[1]) * line_bytes;
  const uint8_t* const corner = layer.first + static_cast<size_t>(box.begin_zyx[1]) * line_bytes +
                                static_cast<size_t>(box.begin_zyx[2]) * element;
  for (int64_t c = 0; c < shape_.channels; ++c) {
    for (int64_t z = 0; z < box.size_zyx[0]; ++z) {
      const uint8_t* from = corner + static_cast<size_t>(c) * layer.channel_bytes +
                            static_cast<size_t>(z) * plane_bytes;
      for (int64_t y = 0; y < box.size_zyx[1]; ++y) {
        if (row_bytes == kBrickEdge) {  // nearly always: two moves instead of a call
          std::memcpy(out, from, kBrickEdge);
        } else {
          std::memcpy(out, from, row_bytes);
        }
        from += line_bytes;
        out += row_bytes;
      }
    }
  }
}

// Gathered where they stay, unless bricks before them turn out constant.
void BrickLayers::store_intensities(const Box& box, const Voxels& layer, uint64_t brick) {
  uint8_t* const out = blob_.data() + raw_offsets_[brick];
  gather(layer, box, out);
  const ByteSpan voxels(out, brick_bytes(box));
  BrickEntry& entry = entries_[brick];
  if (const auto constant = find_constant(voxels, dtype_size(shape_.dtype))) {
    entry.encoding = BrickEncoding::kConstant;
    entry.value_bits = *constant;
  } else {
    entry.stored_bytes = static_cast<uint32_t>(voxels.size());
    entry.hash = xxh3_64(voxels);
  }
}

// Appends to `stored` what a brick of labels or distances is stored as.
void BrickLayers::pack(const Box& box, const Voxels& layer, BrickEntry& entry, Bytes& stored) {
  std::array<uint8_t, kBrickEdge * kBrickEdge * kBrickEdge> memory;
  const std::span<uint8_t> voxels = std::span(memory).first(brick_bytes(box));
  gather(layer, box, voxels.data());
  const uint64_t before = stored.size();
  if (content_ == BrickContent::kLabel) {
    const LabelCounts labels = append_labels(voxels, stored);
    if (labels.largest > 2) refuse_label(voxels, box);
    entry.label_counts = labels.counts;
    entry.encoding = BrickEncoding::kLabels;
  }
  if (const auto constant = find_constant(voxels, 1)) {
    entry.encoding = BrickEncoding::kConstant;
    entry.value_bits = *constant;
  } else if (content_ == BrickContent::kDistance) {
    if (append_steps(box.size_zyx, voxels, stored)) {
      entry.encoding = BrickEncoding::kSteps;
      entry.value_bits = voxels[0];
    } else {
      stored.insert(stored.end(), voxels.begin(), voxels.end());
    }
  }
  entry.stored_bytes = static_cast<uint32_t>(stored.size() - before);
  if (entry.stored_bytes > 0) entry.hash = xxh3_64(ByteSpan(stored).subspan(before));
}

void BrickLayers::encode(uint64_t layer, const Voxels& voxels) {
  const uint64_t bricks = grid_.brick_count() / count();
  for (uint64_t brick = layer * bricks; brick < (layer + 1) * bricks; ++brick) {
    if (content_ == BrickContent::kIntensity) {
      store_intensities(grid_.box(brick), voxels, brick);
    } else {
      pack(grid_.box(brick), voxels, entries_[brick], packed_[layer]);
    }
  }
}

void BrickLayers::encode(uint64_t layer, ByteSpan voxels_zyx) {
  if (shape_.channels != 1 || voxels_zyx.size() != brick_bytes(box(layer))) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} bytes for a layer of {} voxels", voxels_zyx.size(),
                            fmt::join(box(layer).size_zyx, " x ")));
  }
  encode(layer, Voxels{voxels_zyx.data(), 0});
}

// Moves bricks down over the room of constant ones; returns where the last ends.
uint64_t BrickLayers::close_up_intensities() {
  uint64_t end = kBrickHeaderBytes + brick_table_bytes(shape_);
  for (uint64_t brick = 0; brick < entries_.size(); ++brick) {
    BrickEntry& entry = entries_[brick];
    const bool raw = entry.encoding == BrickEncoding::kRaw;
    entry.offset_bytes = raw ? align_brick(end) : end;
    std::memset(blob_.data() + end, 0, entry.offset_bytes - end);
    if (raw && entry.offset_bytes != raw_offsets_[brick]) {
      std::memmove(blob_.data() + entry.offset_bytes, blob_.data() + raw_offsets_[brick],
                   entry.stored_bytes);
    }
    end = entry.offset_bytes + entry.stored_bytes;
  }
  return end;
}

uint64_t BrickLayers::join_packed() {
  blob_.clear();
  blob_.resize(kBrickHeaderBytes + brick_table_bytes(shape_));
  const uint64_t bricks = grid_.brick_count() / count();
  for (uint64_t layer = 0; layer < count(); ++layer) {
    const uint8_t* from = packed_[layer].data();
    for (uint64_t brick = layer * bricks; brick < (layer + 1) * bricks; ++brick) {
      BrickEntry& entry = entries_[brick];
      if (entry.encoding == BrickEncoding::kRaw) blob_.resize(align_brick(blob_.size()));
      entry.offset_bytes = blob_.size();
      blob_.insert(blob_.end(), from, from + entry.stored_bytes);
      from += entry.stored_bytes;
    }
  }
  return blob_.size();
}

void BrickLayers::finish() {
  blob_.resize(content_ == BrickContent::kIntensity ? close_up_intensities() : join_packed());
  BrickHead head;
  head.shape = shape_;
  head.has_labels = content_ == BrickContent::kLabel;
  head.blob_bytes = blob_.size();
  uint8_t* to = blob_.data() + kBrickHeaderBytes;
  for (const BrickEntry& entry : entries_) {
    store_brick_entry(entry, to);
    to += kBrickEntryBytes;
    for (size_t value = 0; value < 3; ++value)
      head.label_counts[value] += entry.label_counts[value];
  }
  store_brick_head(head, blob_);
}

void encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content,
                   Bytes& blob) {
  check_volume_shape(shape);
  if (voxels_czyx.size() != shape.byte_count()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} bytes of voxels, expected {}",
                                                         voxels_czyx.size(), shape.byte_count()));
  }
  BrickLayers layers(shape, content, blob);
  const uint64_t plane_bytes =
      shape.byte_count() / static_cast<uint64_t>(shape.channels * shape.size_zyx[0]);
  const uint64_t channel_bytes = shape.byte_count() / static_cast<uint64_t>(shape.channels);
  run_parallel(layers.count(), [&](uint64_t layer) {
    const uint64_t first = layer * static_cast<uint64_t>(kBrickEdge) * plane_bytes;
    layers.encode(layer, BrickLayers::Voxels{voxels_czyx.data() + first, channel_bytes});
  });
  layers.finish();
}

Bytes encode_bricks(const VolumeShape& shape, ByteSpan voxels_czyx, BrickContent content) {
  Bytes blob;
  encode_bricks(shape, voxels_czyx, content, blob);
  return blob;
}

}  // namespace stoker
