#include "libdata/shard/shard_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"

namespace stoker {
static_assert(std::endian::native == std::endian::little, "stoker needs a little-endian machine");
namespace {

constexpr uint64_t kHeaderHashAt = 56;
constexpr uint64_t kFooterHashAt = 112;
constexpr uint64_t kFooterMagicAt = 120;

bool has_magic(ByteSpan bytes, const std::array<uint8_t, 8>& magic) {
  return std::equal(magic.begin(), magic.end(), bytes.begin());
}

void check_version(uint32_t version, uint64_t offset_bytes) {
  if (version == kShardVersion) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("shard format version {}: this program reads version {} (a newer stoker "
                          "wrote it? upgrade, or pack again)",
                          version, kShardVersion),
              "", offset_bytes);
}

void store_section(uint8_t* to, const ShardSection& section) {
  store_le(to, section.offset_bytes);
  store_le(to + 8, section.size_bytes);
  store_le(to + 16, section.hash);
}

ShardSection load_section(const uint8_t* from) {
  return {load_le<uint64_t>(from), load_le<uint64_t>(from + 8), load_le<uint64_t>(from + 16)};
}

}  // namespace

void corrupt_shard(const std::string& message, uint64_t offset_bytes) {
  throw Error(ErrorCode::kCorrupt, message, "", offset_bytes);
}

std::array<uint8_t, kHeaderBytes> encode_header(const ShardHeader& header) {
  std::array<uint8_t, kHeaderBytes> bytes{};
  std::copy(kHeaderMagic.begin(), kHeaderMagic.end(), bytes.begin());
  store_le(&bytes[8], kShardVersion);
  store_le(&bytes[12], static_cast<uint32_t>(kHeaderBytes));
  store_le(&bytes[16], uint64_t{0});  // flags
  store_le(&bytes[24], header.fingerprint);
  store_le(&bytes[32], header.shard_index);
  store_le(&bytes[36], header.shard_count);
  store_le(&bytes[40], header.alignment_bytes);
  store_le(&bytes[kHeaderHashAt], xxh3_64(ByteSpan(bytes).first(kHeaderHashAt)));
  return bytes;
}

ShardHeader decode_header(ByteSpan bytes) {
  if (bytes.size() < kHeaderBytes) corrupt_shard("shard header is cut short", bytes.size());
  if (!has_magic(bytes, kHeaderMagic)) {
    corrupt_shard("not a stoker shard: the first 8 bytes are not the magic number", 0);
  }
  check_version(load_le<uint32_t>(&bytes[8]), 8);
  if (load_le<uint64_t>(&bytes[kHeaderHashAt]) != xxh3_64(bytes.first(kHeaderHashAt))) {
    corrupt_shard("shard header does not match its hash", kHeaderHashAt);
  }
  if (load_le<uint32_t>(&bytes[12]) != kHeaderBytes)
    corrupt_shard("shard header: wrong header size", 12);
  if (load_le<uint64_t>(&bytes[16]) != 0) corrupt_shard("shard header: reserved flags are set", 16);
  if (load_le<uint64_t>(&bytes[48]) != 0)
    corrupt_shard("shard header: reserved bytes are not 0", 48);
  ShardHeader header;
  header.fingerprint = load_le<uint64_t>(&bytes[24]);
  header.shard_index = load_le<uint32_t>(&bytes[32]);
  header.shard_count = load_le<uint32_t>(&bytes[36]);
  header.alignment_bytes = load_le<uint64_t>(&bytes[40]);
  if (header.shard_index >= header.shard_count) {
    corrupt_shard("shard header: shard index is past the count", 32);
  }
  if (!std::has_single_bit(header.alignment_bytes) || header.alignment_bytes < 64 ||
      header.alignment_bytes > 65536) {
    corrupt_shard("shard header: alignment is not a power of two in 64..65536", 40);
  }
  return header;
}

std::array<uint8_t, kFooterBytes> encode_footer(const ShardFooter& footer) {
  std::array<uint8_t, kFooterBytes> bytes{};
  store_section(&bytes[0], footer.index);
  store_section(&bytes[24], footer.names);
  store_section(&bytes[48], footer.json);
  store_le(&bytes[72], footer.sample_count);
  store_le(&bytes[80], footer.file_bytes);
  store_le(&bytes[88], footer.header_hash);
  store_le(&bytes[96], kShardVersion);
  store_le(&bytes[kFooterHashAt], xxh3_64(ByteSpan(bytes).first(kFooterHashAt)));
  std::copy(kFooterMagic.begin(), kFooterMagic.end(), bytes.begin() + kFooterMagicAt);
  return bytes;
}

ShardFooter decode_footer(ByteSpan bytes, uint64_t at) {
  if (bytes.size() < kFooterBytes) corrupt_shard("shard footer is cut short", at);
  if (!has_magic(bytes.subspan(kFooterMagicAt), kFooterMagic)) {
    corrupt_shard("no shard footer at the end: the file is cut short or was not finished",
                  at + kFooterMagicAt);
  }
  check_version(load_le<uint32_t>(&bytes[96]), at + 96);
  if (load_le<uint64_t>(&bytes[kFooterHashAt]) != xxh3_64(bytes.first(kFooterHashAt))) {
    corrupt_shard("shard footer does not match its hash", at + kFooterHashAt);
  }
  if (load_le<uint32_t>(&bytes[100]) != 0 || load_le<uint64_t>(&bytes[104]) != 0) {
    corrupt_shard("shard footer: reserved bytes are not 0", at + 100);
  }
  ShardFooter footer;
  footer.index = load_section(&bytes[0]);
  footer.names = load_section(&bytes[24]);
  footer.json = load_section(&bytes[48]);
  footer.sample_count = load_le<uint64_t>(&bytes[72]);
  footer.file_bytes = load_le<uint64_t>(&bytes[80]);
  footer.header_hash = load_le<uint64_t>(&bytes[88]);
  return footer;
}

}  // namespace stoker
