// Compressed MDS shards and the hashes of their files.
//
// Thread-safety: free functions. Errors: Corrupt; Unsupported for a compression that is not read.
// Source: MosaicML Streaming, base/compression.py and base/hashing.py.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

// Unsupported, naming it, for others than zstd and gz, with a level behind ':' or without.
void check_mds_compression(const std::string& compression);
// What `packed` unpacks to, which must be `size_bytes`. Memory grows with what is unpacked.
Bytes unpack_mds(const std::string& compression, ByteSpan packed, uint64_t size_bytes);

// Corrupt where one of the hashes is another. Those that are not known here are added to
// `unknown`: xxh32, xxh64, xxh3_64, xxh128 are, and what OpenSSL has (md5, sha1, sha256 ...).
void check_hashes(ByteSpan bytes, const std::map<std::string, std::string>& hashes,
                  std::vector<std::string>& unknown);

}  // namespace stoker
