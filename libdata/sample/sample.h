// One sample on its way from a source to an output: the values of its fields, the memory they lie
// in, and where they came from.
//
// Thread-safety: a sample belongs to one thread at a time. Ownership: values point into the
// sample's own buffers, or into memory that the reader keeps for as long as it lives (a mapped
// file). Samples are used again and again: clear() keeps their memory.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/sample/schema.h"

namespace stoker {

using Extents = std::array<uint32_t, kMaxRank>;  // one an axis, in the order of Field::axes

// The value of one field of one sample.
struct FieldValue {
  ByteSpan bytes;  // blob: the encoded bytes; inline: the elements, little-endian
  Codec codec = Codec::kRaw;
  Extents shape{};           // blob: what decoding the bytes gives
  Extents original_shape{};  // blob: what the source had; equal to shape where nothing was resized
  uint16_t flags = 0;        // blob: SampleFlag bits
  // XXH3-64 of bytes, where the caller knows it already (computed in parallel); else 0 and whoever
  // stores the value computes it.
  uint64_t hash = 0;
  // The same value as codec kRaw would have it, where a reader had it in memory anyway; else empty.
  ByteSpan decoded = {};
};

struct Sample {
  // Set before a reader is asked, and left alone by readers and transforms.
  uint64_t item = 0;  // index into SourceReader::items()
  std::string name;

  std::vector<FieldValue> values;  // one a field of the schema
  std::string normalized;          // why the sample was changed on the way in; empty: it was not
  std::string source_path;         // the file it came from; notes tell its base name
  uint64_t source_offset_bytes = 0;
  // A hash of the bytes it came from, where the reader has one: the same that hash_source gives.
  uint64_t source_hash = 0;

  // Memory for values, kept from sample to sample. Whoever needs some asks for the next buffer,
  // which holds what it held the last time; it stays where it is until clear().
  std::deque<Bytes> buffers;
  Bytes& next_buffer();

  void clear();  // empties everything but the buffers' memory; item and name stay

 private:
  size_t buffers_in_use_ = 0;
};

}  // namespace stoker
