#include "libdata/shard/index_columns.h"

#include "libdata/shard/shard_layout.h"

namespace stoker {

uint64_t index_bytes_a_sample(const Schema& schema) {
  uint64_t bytes = 0;
  for (const Field& field : schema.fields) {
    bytes += field.storage == Storage::kInline
                 ? dtype_size(field.dtype) * static_cast<uint64_t>(field.inline_element_count())
                 : 8 + 8 + 8 + 2 * 4 * static_cast<uint64_t>(field.rank()) + 2 + 1;
  }
  return bytes;
}

IndexColumns layout_index(const Schema& schema, uint64_t sample_count) {
  IndexColumns index;
  uint64_t next = 0;
  const auto column = [&](uint64_t bytes_a_sample) {
    const uint64_t at = next;
    const uint64_t end = at + bytes_a_sample * sample_count;
    next = align_up(end, kSectionAlignment);
    if (end != next) index.gaps.push_back({end, next});
    return at;
  };
  for (const Field& field : schema.fields) {
    FieldColumns columns;
    if (field.storage == Storage::kInline) {
      columns.value_bytes =
          dtype_size(field.dtype) * static_cast<uint64_t>(field.inline_element_count());
      columns.values = column(columns.value_bytes);
    } else {
      const uint64_t shape_bytes = 4 * static_cast<uint64_t>(field.rank());
      columns.offsets = column(8);
      columns.lengths = column(8);
      columns.hashes = column(8);
      columns.shapes = column(shape_bytes);
      columns.original_shapes = column(shape_bytes);
      columns.flags = column(2);
      columns.codecs = column(1);
    }
    index.fields.push_back(columns);
  }
  index.size_bytes = next;
  return index;
}

}  // namespace stoker
