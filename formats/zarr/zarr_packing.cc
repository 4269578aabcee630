#include "formats/zarr/zarr_packing.h"

#include <blosc.h>
#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

#include <array>
#include <limits>
#include <utility>

#include "formats/compression_choice.h"
#include "formats/gzip_bytes.h"
#include "formats/hdf5/chunk_filters.h"
#include "libdata/core/crc32c.h"
#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr size_t kBloscHeaderBytes = 16;
constexpr size_t kLz4HeaderBytes = 4;
// What one byte can unpack to at most: a run of 128 KiB takes four bytes of zstd.
constexpr uint64_t kMostRatioOfZstd = uint64_t{1} << 16;
constexpr uint64_t kMostRatioOfLz4 = 256;
constexpr uint64_t kSlackBytes = 4096;  // for streams of a few bytes

[[noreturn]] void refuse_packed(const std::string& what) {
  throw Error(ErrorCode::kCorrupt, what);
}

[[noreturn]] void refuse_size(const char* codec, uint64_t found, uint64_t wanted) {
  refuse_packed(fmt::format("the {} bytes of this chunk unpack to {} bytes, the metadata says {}",
                            codec, found, wanted));
}

void unpack_zstd(ByteSpan packed, std::span<uint8_t> out) {
  const size_t made = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
  if (ZSTD_isError(made) != 0) {
    refuse_packed(
        fmt::format("the zstd bytes of this chunk are damaged or unpack to more than {} bytes "
                    "({})",
                    out.size(), ZSTD_getErrorName(made)));
  }
  if (made != out.size()) refuse_size("zstd", made, out.size());
}

void unpack_lz4(ByteSpan packed, std::span<uint8_t> out) {
  if (out.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    refuse_packed("a chunk of LZ4 of more than 2 GiB");
  }
  const ByteSpan block = packed.subspan(kLz4HeaderBytes);
  const int made = LZ4_decompress_safe(
      reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(out.data()),
      static_cast<int>(block.size()), static_cast<int>(out.size()));
  if (made < 0) refuse_packed("the LZ4 bytes of this chunk are damaged");
  if (static_cast<size_t>(made) != out.size()) {
    refuse_size("LZ4", static_cast<uint64_t>(made), out.size());
  }
}

void check_ratio(const char* codec, uint64_t packed, uint64_t ratio, uint64_t size) {
  if (size / ratio <= packed + kSlackBytes) return;
  refuse_packed(fmt::format("{} bytes of {} cannot unpack to the {} bytes that the metadata says",
                            packed, codec, size));
}

void check_noted_size(const char* codec, ByteSpan packed, size_t header, size_t at, uint64_t size) {
  if (packed.size() < header)
    refuse_packed(fmt::format("the {} bytes of this chunk are cut short", codec));
  const auto noted = load_le<uint32_t>(packed.data() + at);
  if (noted != size) refuse_size(codec, noted, size);
}

struct Levels {
  std::string_view name;
  int usual;
  int highest;
};
constexpr std::array<Levels, 3> kWritten{{{"blosc", 5, 9}, {"zstd", 3, 19}, {"gzip", 6, 12}}};

}  // namespace

std::optional<ZarrPacking> zarr_packing_named(std::string_view name) {
  constexpr std::string_view kOfNumcodecs = "numcodecs.";
  if (name.starts_with(kOfNumcodecs)) name.remove_prefix(kOfNumcodecs.size());
  constexpr std::array<std::pair<std::string_view, ZarrPacking>, 6> kNames{
      {{"gzip", ZarrPacking::kGzip},
       {"zlib", ZarrPacking::kZlib},
       {"zstd", ZarrPacking::kZstd},
       {"blosc", ZarrPacking::kBlosc},
       {"lz4", ZarrPacking::kLz4},
       {"crc32c", ZarrPacking::kCrc32c}}};
  for (const auto& [known, packing] : kNames)
    if (name == known) return packing;
  return std::nullopt;
}

void check_unpacked_size(ZarrPacking packing, ByteSpan packed, uint64_t size) {
  switch (packing) {
    case ZarrPacking::kGzip:
      return check_ratio("gzip", packed.size(), most_unpacked_bytes(1), size);
    case ZarrPacking::kZlib:
      return check_ratio("zlib", packed.size(), most_unpacked_bytes(1), size);
    case ZarrPacking::kZstd: {
      const unsigned long long noted = ZSTD_getFrameContentSize(packed.data(), packed.size());
      if (noted == ZSTD_CONTENTSIZE_ERROR)
        refuse_packed("the zstd bytes of this chunk are damaged");
      if (noted != ZSTD_CONTENTSIZE_UNKNOWN && noted > size) refuse_size("zstd", noted, size);
      return check_ratio("zstd", packed.size(), kMostRatioOfZstd, size);
    }
    case ZarrPacking::kBlosc:
      return check_noted_size("Blosc", packed, kBloscHeaderBytes, 4, size);
    case ZarrPacking::kLz4:
      check_noted_size("LZ4", packed, kLz4HeaderBytes, 0, size);
      return check_ratio("LZ4", packed.size(), kMostRatioOfLz4, size);
    case ZarrPacking::kCrc32c:
      return;
  }
}

void unpack_zarr(ZarrPacking packing, ByteSpan packed, std::span<uint8_t> out) {
  switch (packing) {
    case ZarrPacking::kGzip:
      return gunzip_exactly(packed, out);
    case ZarrPacking::kZlib:
      return unpack_chunk(std::array{ChunkFilter{kDeflateFilter}}, 0, packed, out);
    case ZarrPacking::kZstd:
      return unpack_zstd(packed, out);
    case ZarrPacking::kBlosc:
      return unpack_chunk(std::array{ChunkFilter{kBloscFilter}}, 0, packed, out);
    case ZarrPacking::kLz4:
      return unpack_lz4(packed, out);
    case ZarrPacking::kCrc32c:
      break;
  }
  throw Error(ErrorCode::kInternal, "crc32c packs nothing");
}

ByteSpan strip_crc32c(ByteSpan bytes) {
  if (bytes.size() < kCrcBytes) refuse_packed("cut short within its CRC-32C");
  const ByteSpan plain = bytes.first(bytes.size() - kCrcBytes);
  if (load_le<uint32_t>(bytes.data() + plain.size()) != crc32c(plain)) {
    refuse_packed("does not match its CRC-32C");
  }
  return plain;
}

ZarrCompression parse_zarr_compression(const std::string& text) {
  if (text == "none") return {"none", 0};
  const size_t colon = text.find(':');
  const std::string name = text.empty() ? "blosc" : text.substr(0, colon);
  for (const Levels& levels : kWritten) {
    if (name != levels.name) continue;
    if (colon == std::string::npos) return {name, levels.usual};
    if (const auto level = parse_level(text.substr(colon + 1), levels.highest)) {
      return {name, *level};
    }
  }
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("--compression {}: --to zarr has none, blosc (1 to 9), zstd (1 to 19) and "
                  "gzip (1 to 12), as in blosc:5",
                  text));
}

void pack_zarr(const ZarrCompression& compression, ByteSpan bytes, size_t element_bytes,
               Bytes& packed) {
  if (compression.name == "none") {
    packed.assign(bytes.begin(), bytes.end());
  } else if (compression.name == "gzip") {
    gzip(bytes, compression.level, packed);
  } else if (compression.name == "zstd") {
    packed.resize(ZSTD_compressBound(bytes.size()));
    const size_t size =
        ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), compression.level);
    if (ZSTD_isError(size) != 0) throw Error(ErrorCode::kInternal, ZSTD_getErrorName(size));
    packed.resize(size);
  } else {
    packed.resize(bytes.size() + BLOSC_MAX_OVERHEAD);
    const int shuffle = element_bytes > 1 ? BLOSC_SHUFFLE : BLOSC_NOSHUFFLE;
    const int size = blosc_compress_ctx(compression.level, shuffle, element_bytes, bytes.size(),
                                        bytes.data(), packed.data(), packed.size(), "zstd", 0, 1);
    if (size <= 0) throw Error(ErrorCode::kInternal, "Blosc did not pack a chunk");
    packed.resize(static_cast<size_t>(size));
  }
}

}  // namespace stoker
