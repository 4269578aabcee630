#include "formats/zarr/zarr_chunk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "formats/hdf5/box_copy.h"
#include "formats/zarr/zarr_packing.h"
#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint64_t kMissing = std::numeric_limits<uint64_t>::max();

// Shape after each transpose, the chunk's own first.
std::vector<std::vector<uint64_t>> turned_shapes(const ZarrCodecs& codecs,
                                                 const std::vector<uint64_t>& shape) {
  std::vector<std::vector<uint64_t>> shapes{shape};
  for (const std::vector<size_t>& order : codecs.transposes) {
    const std::vector<uint64_t> before = shapes.back();
    std::vector<uint64_t> after;
    for (const size_t axis : order)
      after.push_back(before[axis]);
    shapes.push_back(std::move(after));
  }
  return shapes;
}

uint64_t bytes_of(const std::vector<uint64_t>& shape, const ElementType& type) {
  uint64_t bytes = type.size_bytes;
  for (const uint64_t extent : shape)
    bytes *= extent;
  return bytes;
}

// Elements as they lie behind the packing, `size` bytes of them.
Bytes unpacked(const std::vector<ZarrPacking>& packings, ByteSpan stored, uint64_t size) {
  size_t at = packings.size();
  for (; at > 0 && packings[at - 1] == ZarrPacking::kCrc32c; --at)
    stored = strip_crc32c(stored);
  if (at == 0) {
    if (stored.size() == size) return {stored.begin(), stored.end()};
    throw Error(ErrorCode::kCorrupt,
                fmt::format("expected a chunk of {} bytes, found {}", size, stored.size()));
  }
  const auto sums = static_cast<uint64_t>(at - 1);  // all that is in front is checksums
  const uint64_t whole = size + sums * kCrcBytes;
  check_unpacked_size(packings[at - 1], stored, whole);
  Bytes bytes(whole);
  unpack_zarr(packings[at - 1], stored, bytes);
  for (uint64_t i = 0; i < sums; ++i)
    bytes.resize(strip_crc32c(bytes).size());
  return bytes;
}

Bytes decode_shard(const ZarrChunkForm& shard, const std::vector<uint64_t>& shape,
                   ByteSpan stored) {
  const ZarrSharding& sharding = *shard.codecs.sharding;
  const MemoryBytes bytes(Bytes(stored.begin(), stored.end()));
  const ZarrShardIndex index({shard.codecs, shape, shard.type, shard.fill}, bytes);
  const ZarrChunkForm inner{sharding.codecs, sharding.chunk_shape, shard.type, shard.fill};
  // A shard of a few bytes may stand for any size: what is missing takes none.
  constexpr uint64_t kMostShardBytes = uint64_t{1} << 32;
  if (bytes_of(shape, shard.type) > kMostShardBytes) {
    throw Error(ErrorCode::kUnsupported, "a transposed or nested shard of more than 4 GiB");
  }
  Bytes out(bytes_of(shape, shard.type));
  fill_elements(shard.fill, out);
  const std::vector<uint64_t> zero(shape.size(), 0);
  std::vector<uint64_t> place(shape.size(), 0);
  uint64_t count = 1;
  for (const uint64_t extent : index.grid())
    count *= extent;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t rest = i;
    for (size_t axis = shape.size(); axis-- > 0;) {
      place[axis] = rest % index.grid()[axis] * inner.shape[axis];
      rest /= index.grid()[axis];
    }
    const auto range = index.at(i);
    if (!range) continue;
    const Bytes part =
        decode_zarr_chunk(inner, stored.subspan(range->offset_bytes, range->size_bytes));
    copy_box({place, inner.shape}, part, {zero, shape}, out, shard.type.size_bytes);
  }
  return out;
}

}  // namespace

Bytes decode_zarr_chunk(const ZarrChunkForm& form, ByteSpan stored) {
  const auto shapes = turned_shapes(form.codecs, form.shape);
  Bytes bytes;
  if (form.codecs.sharding) {
    bytes = decode_shard(form, shapes.back(), stored);
  } else {
    bytes = unpacked(form.codecs.packings, stored, bytes_of(form.shape, form.type));
    if (form.codecs.big_endian) turn_bytes(form.type.size_bytes, bytes);
  }
  for (size_t i = form.codecs.transposes.size(); i-- > 0;) {
    const std::vector<size_t>& order = form.codecs.transposes[i];
    std::vector<size_t> back(order.size());
    for (size_t axis = 0; axis < order.size(); ++axis)
      back[order[axis]] = axis;
    Bytes turned(bytes.size());
    permute_axes(shapes[i + 1], back, bytes, turned, form.type.size_bytes);
    bytes = std::move(turned);
  }
  return bytes;
}

ZarrShardIndex::ZarrShardIndex(const ZarrChunkForm& shard, const ArrayBytes& stored)
    : stored_bytes_(stored.size()) {
  const ZarrSharding& sharding = *shard.codecs.sharding;
  constexpr uint64_t kEntryBytes = 16;
  uint64_t entries = 1;
  for (size_t axis = 0; axis < shard.shape.size(); ++axis) {
    grid_.push_back(shard.shape[axis] / sharding.chunk_shape[axis]);
    entries *= grid_.back();  // no more than the shard has elements
  }
  // Checksums of the shard as a whole, which there may be several of, then those of the index.
  for (size_t i = 0; i < shard.codecs.packings.size(); ++i) {
    Bytes all;
    stored_bytes_ = strip_crc32c(stored.bytes(0, stored_bytes_, all)).size();
  }
  const uint64_t sums = sharding.index_codecs.packings.size() * kCrcBytes;
  if (entries > stored_bytes_ / kEntryBytes || entries * kEntryBytes + sums > stored_bytes_) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("a shard of {} bytes is cut short: its index alone, of {} chunks, "
                            "takes {}",
                            stored_bytes_, entries, entries * kEntryBytes + sums));
  }
  const uint64_t size = entries * kEntryBytes + sums;
  Bytes buffer;
  ByteSpan index = stored.bytes(sharding.index_at_end ? stored_bytes_ - size : 0, size, buffer);
  try {
    for (size_t i = 0; i < sharding.index_codecs.packings.size(); ++i)
      index = strip_crc32c(index);
  } catch (const Error& error) {
    throw Error(error.code(), "the index of the shard " + error.message());
  }
  numbers_.resize(2 * entries);
  std::memcpy(numbers_.data(), index.data(), entries * kEntryBytes);
  if (!sharding.index_codecs.big_endian) return;
  for (uint64_t& number : numbers_)
    number = __builtin_bswap64(number);
}

std::optional<ZarrShardIndex::Range> ZarrShardIndex::at(uint64_t inner) const {
  const Range range{numbers_[2 * inner], numbers_[2 * inner + 1]};
  if (range.offset_bytes == kMissing && range.size_bytes == kMissing) return std::nullopt;
  if (range.offset_bytes > stored_bytes_ || range.size_bytes > stored_bytes_ - range.offset_bytes) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the index of the shard places chunk {} at bytes {} to {}, the shard "
                            "has {}",
                            inner, range.offset_bytes, range.offset_bytes + range.size_bytes,
                            stored_bytes_));
  }
  return range;
}

void fill_elements(const Bytes& fill, std::span<uint8_t> out) {
  const bool uniform =
      std::all_of(fill.begin(), fill.end(), [&](uint8_t byte) { return byte == fill.front(); });
  if (uniform) {
    std::fill(out.begin(), out.end(), fill.front());
    return;
  }
  for (size_t at = 0; at + fill.size() <= out.size(); at += fill.size())
    std::copy(fill.begin(), fill.end(), out.begin() + static_cast<ptrdiff_t>(at));
}

}  // namespace stoker
