#include "formats/mds/mds_unpack.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "formats/gzip_bytes.h"
#include "formats/records/zstd_bytes.h"
#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/core/older_hash.h"

namespace stoker {
namespace {

std::string name_of(const std::string& compression) {
  return compression.substr(0, compression.find(':'));
}

Bytes gunzip_whole(ByteSpan packed, uint64_t size_bytes) {
  if (size_bytes > most_unpacked_bytes(packed.size())) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{} bytes cannot unpack to {}", packed.size(), size_bytes));
  }
  Bytes bytes(static_cast<size_t>(size_bytes));
  gunzip_exactly(packed, bytes);
  return bytes;
}

std::optional<std::string> digest_of(const std::string& name, ByteSpan bytes) {
  if (name == "xxh32") return fmt::format("{:08x}", xxh32(bytes));
  if (name == "xxh64") return to_hex(xxh64(bytes));
  if (name == "xxh3_64") return to_hex(xxh3_64(bytes));
  if (name == "xxh128" || name == "xxh3_128") return to_hex(xxh3_128(bytes));
  std::string plain = name;  // Python's names of some are others
  std::replace(plain.begin(), plain.end(), '_', '-');
  if (plain == "blake2b") plain = "blake2b512";
  if (plain == "blake2s") plain = "blake2s256";
  const EVP_MD* kind = EVP_get_digestbyname(plain.c_str());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (kind == nullptr ||
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, kind, nullptr) != 1) {
    return std::nullopt;
  }
  std::string digits;
  for (unsigned i = 0; i < size; ++i)
    digits += fmt::format("{:02x}", digest[i]);
  return digits;
}

}  // namespace

void check_mds_compression(const std::string& compression) {
  const std::string name = name_of(compression);
  if (name == "zstd" || name == "gz") return;
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("shards compressed with '{}' are not read, those with zstd and gz are; "
                  "StreamingDataset unpacks them: with keep_zip=False the local folder holds "
                  "plain shards",
                  compression));
}

Bytes unpack_mds(const std::string& compression, ByteSpan packed, uint64_t size_bytes) {
  check_mds_compression(compression);
  Bytes bytes = name_of(compression) == "zstd" ? unpack_zstd(packed, size_bytes)
                                               : gunzip_whole(packed, size_bytes);
  if (bytes.size() == size_bytes) return bytes;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("unpacks to {} bytes, expected {}", bytes.size(), size_bytes));
}

void check_hashes(ByteSpan bytes, const std::map<std::string, std::string>& hashes,
                  std::vector<std::string>& unknown) {
  for (const auto& [name, digits] : hashes) {
    const auto found = digest_of(name, bytes);
    if (!found) {
      unknown.push_back(name);
    } else if (*found != digits) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("its {} is {}, {} says {}", name, *found, "index.json", digits));
    }
  }
}

}  // namespace stoker
