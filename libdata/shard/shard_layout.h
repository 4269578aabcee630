// Constants and fixed structures of a shard file. The specification is shard_format.md.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "libdata/core/arrays.h"
#include "libdata/core/little_endian.h"

namespace stoker {

// High bit, name, line ends of both kinds: damage by a text-mode transfer shows in the first bytes.
inline constexpr std::array<uint8_t, 8> kHeaderMagic{0x89, 'S', 'T', 'K', 'R', '\r', '\n', 0x1a};
inline constexpr std::array<uint8_t, 8> kFooterMagic{0x89, 'S', 'T', 'K', 'E', 'N', 'D', '\n'};

inline constexpr uint32_t kShardVersion = 1;
inline constexpr uint64_t kHeaderBytes = 64;
inline constexpr uint64_t kFooterBytes = 128;
inline constexpr uint64_t kSectionAlignment = 64;  // of index, names and JSON; of each index column

struct ShardHeader {
  uint64_t fingerprint = 0;  // of the plan this shard belongs to
  uint32_t shard_index = 0;  // 0 <= shard_index < shard_count, within the split
  uint32_t shard_count = 1;
  uint64_t alignment_bytes = 64;  // of every blob: a power of two, 64..65536
};

struct ShardSection {
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  uint64_t hash = 0;  // XXH3-64 of the section
};

struct ShardFooter {
  ShardSection index;
  ShardSection names;
  ShardSection json;
  uint64_t sample_count = 0;
  uint64_t file_bytes = 0;
  uint64_t header_hash = 0;
};

std::array<uint8_t, kHeaderBytes> encode_header(const ShardHeader& header);
std::array<uint8_t, kFooterBytes> encode_footer(const ShardFooter& footer);

// Corrupt or Unsupported (a version this program does not know), with the offset of the bad field.
// `footer_offset_bytes` is only for messages.
ShardHeader decode_header(ByteSpan bytes);
ShardFooter decode_footer(ByteSpan bytes, uint64_t footer_offset_bytes);

// The error of a damaged shard: kCorrupt at offset_bytes, without the path, which callers add.
[[noreturn]] void corrupt_shard(const std::string& message, uint64_t offset_bytes);

inline uint64_t align_up(uint64_t offset, uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

}  // namespace stoker
