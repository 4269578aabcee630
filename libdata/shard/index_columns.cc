#include "libdata/shard/index_columns.h"

#include "libdata/shard/shard_layout.h"

namespace stoker {

IndexColumns layout_index(const Schema& schema, uint64_t sample_count) {
  IndexColumns index;
  uint64_t next = 0;
  const auto column = [&](uint64_t bytes_a_sample) {
    const uint64_t at = next;
    next = align_up(next + bytes_a_sample * sample_count, kSectionAlignment);
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
