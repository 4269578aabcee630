// Where each column of a shard's index lies: the one description that writer and reader share.
// Source: shard_format.md, "Index".
#pragma once

#include <cstdint>
#include <vector>

#include "libdata/sample/schema.h"

namespace stoker {

// Byte offsets of a field's columns, counted from the start of the index.
struct FieldColumns {
  // Blob fields.
  uint64_t offsets = 0;          // u64 a sample: where the blob starts, in the file
  uint64_t lengths = 0;          // u64
  uint64_t hashes = 0;           // u64: XXH3-64 of the blob
  uint64_t shapes = 0;           // u32 x rank
  uint64_t original_shapes = 0;  // u32 x rank
  uint64_t flags = 0;            // u16
  uint64_t codecs = 0;           // u8
  // Inline fields.
  uint64_t values = 0;
  uint64_t value_bytes = 0;  // of one sample
};

struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

struct IndexColumns {
  std::vector<FieldColumns> fields;
  std::vector<ByteRange> gaps;  // padding between columns, from the start of the index
  uint64_t size_bytes = 0;      // of the whole index
};

// Bytes of one sample over all columns. At most 2^25, as limits on schemas keep it.
uint64_t index_bytes_a_sample(const Schema& schema);

// Precondition: sample_count * index_bytes_a_sample(schema) < 2^63, so that no size here overflows.
IndexColumns layout_index(const Schema& schema, uint64_t sample_count);

}  // namespace stoker
