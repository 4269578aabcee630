// What packs the bytes of a Zarr chunk: gzip, zlib, zstd, Blosc, LZ4, CRC-32C. Works on bytes
// alone.
//
// Thread-safety: pure functions. Errors: Corrupt for bytes that do not unpack to exactly the size
// they must have, or whose checksum is wrong. Source: Zarr v3's codec specifications; numcodecs for
// v2, whose LZ4 has the unpacked size (int32) in front of the block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr size_t kCrcBytes = 4;  // of the CRC-32C that the codec crc32c appends

enum class ZarrPacking : uint8_t { kGzip, kZlib, kZstd, kBlosc, kLz4, kCrc32c };

// By the name that metadata has: "zstd", "numcodecs.lz4". Nothing for names not known here.
std::optional<ZarrPacking> zarr_packing_named(std::string_view name);

// Corrupt where the bytes cannot hold so much: asked before memory is taken for it.
void check_unpacked_size(ZarrPacking packing, ByteSpan packed, uint64_t size_bytes);
// Fills `out`. Not for kCrc32c.
void unpack_zarr(ZarrPacking packing, ByteSpan packed, std::span<uint8_t> out);
// The bytes before the checksum at the end.
ByteSpan strip_crc32c(ByteSpan bytes);

// How chunks are packed that are written.
struct ZarrCompression {
  std::string name;  // "blosc" (zstd behind a shuffle), "zstd", "gzip"; "none"
  int level = 0;
};
// "none", "NAME" or "NAME:LEVEL"; empty is blosc:5. InvalidArgument for others.
ZarrCompression parse_zarr_compression(const std::string& text);
// The same bytes on every machine with the same libraries.
void pack_zarr(const ZarrCompression& compression, ByteSpan bytes, size_t element_bytes,
               Bytes& packed);

}  // namespace stoker
