#include "formats/zarr/zarr_array.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

uint64_t product(const std::vector<uint64_t>& extents) {
  uint64_t count = 1;
  for (const uint64_t extent : extents)
    count *= extent;
  return count;
}

// Places of a grid of cells of `cell` elements that a box touches.
struct CellRange {
  std::vector<uint64_t> first;
  std::vector<uint64_t> count;

  CellRange(const ArrayBox& box, const std::vector<uint64_t>& cell) {
    for (size_t axis = 0; axis < cell.size(); ++axis) {
      const uint64_t begin = box.start[axis] / cell[axis];
      const uint64_t end =
          box.extent[axis] == 0 ? begin : (box.start[axis] + box.extent[axis] - 1) / cell[axis] + 1;
      first.push_back(begin);
      count.push_back(end - begin);
    }
  }
  std::vector<uint64_t> place(uint64_t number) const {
    std::vector<uint64_t> place(first.size());
    for (size_t axis = first.size(); axis-- > 0;) {
      place[axis] = first[axis] + number % count[axis];
      number /= count[axis];
    }
    return place;
  }
};

uint64_t number_in(const std::vector<uint64_t>& place, const std::vector<uint64_t>& grid) {
  uint64_t number = 0;
  for (size_t axis = 0; axis < place.size(); ++axis)
    number = number * grid[axis] + place[axis];
  return number;
}

std::vector<uint64_t> grid_of(const std::vector<uint64_t>& shape,
                              const std::vector<uint64_t>& cell) {
  std::vector<uint64_t> grid;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    grid.push_back((shape[axis] + cell[axis] - 1) / cell[axis]);
  return grid;
}

std::vector<uint64_t> begin_of(const std::vector<uint64_t>& place,
                               const std::vector<uint64_t>& cell) {
  std::vector<uint64_t> begin;
  for (size_t axis = 0; axis < place.size(); ++axis)
    begin.push_back(place[axis] * cell[axis]);
  return begin;
}

// Whether inner chunks can be found without the whole shard.
bool has_plain_shards(const ZarrCodecs& codecs) {
  return codecs.sharding && codecs.transposes.empty() && codecs.packings.empty();
}

uint64_t memory_of_machine() {
  return static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

// Missing chunks take no place on a disk: metadata of a few bytes may speak of any size.
void check_fits_memory(uint64_t bytes) {
  if (bytes <= memory_of_machine()) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("one sample of {} GiB is more than this machine's memory", bytes >> 30));
}

class ZarrArrayBytes : public ArrayBytes {
 public:
  explicit ZarrArrayBytes(std::shared_ptr<const ZarrArray> array) : array_(std::move(array)) {
    const ZarrArrayInfo& info = array_->info();
    row_bytes_ = info.type.size_bytes;
    for (size_t axis = 1; axis < info.shape.size(); ++axis)
      row_bytes_ *= info.shape[axis];
  }

  uint64_t size() const override { return row_bytes_ * array_->info().shape.front(); }

  ByteSpan bytes(uint64_t offset, uint64_t size, Bytes& buffer) const override {
    const uint64_t first = offset / row_bytes_;
    const uint64_t last = (offset + size + row_bytes_ - 1) / row_bytes_;
    check_fits_memory((last - first) * row_bytes_);
    buffer.resize((last - first) * row_bytes_);
    const ZarrArrayInfo& info = array_->info();
    ArrayBox rows{std::vector<uint64_t>(info.shape.size(), 0), info.shape};
    rows.start[0] = first;
    rows.extent[0] = last - first;
    array_->read_box(rows, buffer);
    return ByteSpan(buffer).subspan(offset - first * row_bytes_, size);
  }

  bool is_random() const override {
    return array_->rows_together() <= 1 || size() <= kZarrCacheBytes;
  }

 private:
  std::shared_ptr<const ZarrArray> array_;
  uint64_t row_bytes_;
};

}  // namespace

// One box on its way into memory.
class ZarrArray::BoxReading {
 public:
  BoxReading(const ZarrArray& array, const ArrayBox& box, std::span<uint8_t> out)
      : array_(array), info_(array.info_), box_(box), out_(out) {}

  void run() {
    fill_elements(info_.fill, out_);
    const CellRange chunks(box_, info_.chunk_shape);
    run_parallel(product(chunks.count), [&](uint64_t i) { read_chunk(chunks.place(i)); });
  }

 private:
  void read_chunk(const std::vector<uint64_t>& place) const {
    const std::string key = join_key(array_.path_, zarr_chunk_key(info_, place));
    try {
      if (has_plain_shards(info_.codecs)) {
        read_shard(place, key);
        return;
      }
      const ArrayBox part{begin_of(place, info_.chunk_shape), info_.chunk_shape};
      const uint64_t number = number_in(place, grid_of(info_.shape, info_.chunk_shape));
      take(part, number, [&](uint64_t) {
        const auto stored = array_.store_->open(key);
        if (!stored) return Bytes();
        Bytes buffer;
        return decode_zarr_chunk(form(), stored->bytes(0, stored->size(), buffer));
      });
    } catch (const Error& error) {
      throw error.at(array_.store_->place_of(key));
    }
  }

  ZarrChunkForm form() const { return {info_.codecs, info_.chunk_shape, info_.type, info_.fill}; }

  void read_shard(const std::vector<uint64_t>& place, const std::string& key) const {
    const ZarrSharding& sharding = *info_.codecs.sharding;
    const std::vector<uint64_t> begin = begin_of(place, info_.chunk_shape);
    ArrayBox wanted = meet({begin, info_.chunk_shape}, box_);
    for (size_t axis = 0; axis < begin.size(); ++axis)
      wanted.start[axis] -= begin[axis];
    const auto stored = array_.store_->open(key);
    if (!stored) return;
    const ZarrShardIndex index(form(), *stored);
    const ZarrChunkForm inner{sharding.codecs, sharding.chunk_shape, info_.type, info_.fill};
    const CellRange chunks(wanted, sharding.chunk_shape);
    const uint64_t shard = number_in(place, grid_of(info_.shape, info_.chunk_shape));
    run_parallel(product(chunks.count), [&](uint64_t i) {
      const std::vector<uint64_t> at = chunks.place(i);
      const uint64_t number = number_in(at, index.grid());
      ArrayBox part{begin_of(at, sharding.chunk_shape), sharding.chunk_shape};
      for (size_t axis = 0; axis < begin.size(); ++axis)
        part.start[axis] += begin[axis];
      take(part, shard * product(index.grid()) + number, [&](uint64_t) {
        const auto range = index.at(number);
        if (!range) return Bytes();
        Bytes buffer;
        return decode_zarr_chunk(inner,
                                 stored->bytes(range->offset_bytes, range->size_bytes, buffer));
      });
    });
  }

  // What `part` and the box share; `make` gives the part's elements, or none where it is missing.
  void take(const ArrayBox& part, uint64_t number,
            const std::function<Bytes(uint64_t)>& make) const {
    const ArrayBox whole{std::vector<uint64_t>(info_.shape.size(), 0), info_.shape};
    const bool all = meet(part, box_).extent == meet(part, whole).extent;
    if (all) {
      copy(part, make(number));
    } else {
      copy(part, *array_.cache_.get(number, number, 0, make));
    }
  }

  void copy(const ArrayBox& part, ByteSpan elements) const {
    if (!elements.empty()) copy_box(part, elements, box_, out_, info_.type.size_bytes);
  }

  const ZarrArray& array_;
  const ZarrArrayInfo& info_;
  const ArrayBox& box_;
  std::span<uint8_t> out_;
};

ZarrArray::ZarrArray(std::shared_ptr<const ZarrStore> store, std::string path)
    : store_(std::move(store)),
      path_(std::move(path)),
      format_(zarr_format_at(*store_, path_)),
      cache_(kZarrCacheBytes) {
  const std::string key = join_key(path_, format_ == 3 ? "zarr.json" : ".zarray");
  const auto text = store_->read_text(key);
  if (!text) throw Error(ErrorCode::kCorrupt, "expected a Zarr array", store_->place_of(path_));
  try {
    info_ = parse_zarr_array(format_, *text);
  } catch (const Error& error) {
    throw error.at(store_->place_of(key));
  }
}

std::string ZarrArray::attributes() const {
  if (format_ == 2) return store_->read_text(join_key(path_, ".zattrs")).value_or("{}");
  std::string attributes = "{}";
  read_json(store_->read_text(join_key(path_, "zarr.json")).value_or("{}"), "zarr.json",
            [&](const Json& json) {
              if (json.contains("attributes")) attributes = json["attributes"].dump();
            });
  return attributes;
}

void ZarrArray::read_box(const ArrayBox& box, std::span<uint8_t> out) const {
  BoxReading(*this, box, out).run();
}

uint64_t ZarrArray::rows_together() const {
  if (info_.shape.empty()) return 1;
  return has_plain_shards(info_.codecs) ? info_.codecs.sharding->chunk_shape.front()
                                        : info_.chunk_shape.front();
}

StridedArray as_strided(const std::shared_ptr<const ZarrArray>& array) {
  const ZarrArrayInfo& info = array->info();
  StridedArray strided;
  strided.path = array->store().place_of(array->path());
  try {
    array_bytes(info.shape, info.type);
  } catch (const Error& error) {
    throw error.at(strided.path);
  }
  strided.type = info.type;
  strided.shape = info.shape;
  strided.strides_bytes = packed_strides(info.shape, info.type, false);
  strided.bytes = std::make_shared<ZarrArrayBytes>(array);
  return strided;
}

}  // namespace stoker
