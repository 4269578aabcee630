// The frame of one TFRecord: length (uint64), masked CRC-32C of those eight bytes, data, masked
// CRC-32C of the data; all little-endian.
//
// Thread-safety: pure functions. Source: TensorFlow, "TFRecords format details".
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "formats/byte_source.h"

namespace stoker {

inline constexpr uint64_t kRecordFrontBytes = 12;
inline constexpr uint64_t kRecordEndBytes = 4;

// The length of the data, by the first kRecordFrontBytes of a record; nothing where they do not
// match their checksum, or are fewer.
std::optional<uint64_t> parse_record_front(ByteSpan front);

// Plain where the file begins with a record as it stands, else inflated where it is a gzip or zlib
// stream, else plain.
std::unique_ptr<ByteSource> open_record_file(const std::filesystem::path& path);

// Whether the file begins with a record that fits into it; inflated where it is compressed. Never
// throws about what it sees.
bool is_tfrecord(const ByteSource& source);

struct RecordPlace {
  uint64_t offset_bytes = 0;  // of the data
  uint64_t size_bytes = 0;
};

// Reads the data into `data`. Corrupt, with the path, where they do not match their checksum.
void read_record(const ByteSource& source, const RecordPlace& place, Bytes& data);

}  // namespace stoker
