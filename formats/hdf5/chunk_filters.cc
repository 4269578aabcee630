#include "formats/hdf5/chunk_filters.h"

#include <blosc.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr size_t kChecksumBytes = 4;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::kCorrupt, why);
}

void check_exact(size_t found, size_t expected, const char* what) {
  if (found == expected) return;
  refuse(fmt::format("{}: {} bytes where the chunk has {}", what, found, expected));
}

struct ReleaseInflater {
  void operator()(libdeflate_decompressor* inflater) const {
    libdeflate_free_decompressor(inflater);
  }
};

void inflate(ByteSpan packed, std::span<uint8_t> out) {
  thread_local const std::unique_ptr<libdeflate_decompressor, ReleaseInflater> inflater(
      libdeflate_alloc_decompressor());
  if (!inflater) throw std::bad_alloc();
  size_t written = 0;
  const libdeflate_result result = libdeflate_zlib_decompress(
      inflater.get(), packed.data(), packed.size(), out.data(), out.size(), &written);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) refuse("deflate: more bytes than the chunk has");
  if (result != LIBDEFLATE_SUCCESS) refuse("deflate: the compressed bytes are damaged");
  check_exact(written, out.size(), "deflate");
}

// Source: LibLZF, lzf_d.c, restated: a control byte below 32 says how many letters follow, any
// other how far back to copy from, and how much.
void unpack_lzf(ByteSpan packed, std::span<uint8_t> out) {
  size_t at = 0;
  size_t filled = 0;
  const auto next = [&]() -> size_t {
    if (at >= packed.size()) refuse("LZF: the compressed bytes end early");
    return packed[at++];
  };
  while (at < packed.size()) {
    const size_t control = next();
    if (control < 32) {
      const size_t run = control + 1;
      if (run > packed.size() - at || run > out.size() - filled) refuse("LZF: damaged");
      std::copy_n(packed.begin() + static_cast<ptrdiff_t>(at), run,
                  out.begin() + static_cast<ptrdiff_t>(filled));
      at += run;
      filled += run;
      continue;
    }
    size_t length = control >> 5;
    if (length == 7) length += next();
    length += 2;
    const size_t back = ((control & 31) << 8 | next()) + 1;
    if (back > filled || length > out.size() - filled) refuse("LZF: damaged");
    for (size_t i = 0; i < length; ++i)  // may overlap itself
      out[filled + i] = out[filled - back + i];
    filled += length;
  }
  check_exact(filled, out.size(), "LZF");
}

void unpack_blosc(ByteSpan packed, std::span<uint8_t> out) {
  size_t size = 0;
  if (packed.size() < BLOSC_MIN_HEADER_LENGTH ||
      blosc_cbuffer_validate(packed.data(), packed.size(), &size) != 0) {
    refuse("Blosc: no valid frame");
  }
  check_exact(size, out.size(), "Blosc");
  const int written = blosc_decompress_ctx(packed.data(), out.data(), out.size(), 1);
  if (written < 0) refuse("Blosc: the compressed bytes are damaged");
  check_exact(static_cast<size_t>(written), out.size(), "Blosc");
}

// Also in the byte order that version 1.6.2 wrote.
bool has_checksum(ByteSpan bytes, uint32_t stored) {
  const uint32_t sum = fletcher32(bytes);
  const uint32_t swapped = (sum & 0x00ff00ff) << 8 | (sum & 0xff00ff00) >> 8;
  return stored == sum || stored == swapped;
}

ByteSpan checked(ByteSpan bytes) {
  if (bytes.size() < kChecksumBytes) refuse("fletcher32: no checksum");
  const ByteSpan body = bytes.first(bytes.size() - kChecksumBytes);
  if (!has_checksum(body, load_le<uint32_t>(bytes.data() + body.size()))) {
    refuse("fletcher32: the checksum does not match, the chunk is damaged");
  }
  return body;
}

void undo(const ChunkFilter& filter, ByteSpan packed, std::span<uint8_t> out) {
  switch (filter.id) {
    case kDeflateFilter:
      return inflate(packed, out);
    case kShuffleFilter:
      check_exact(packed.size(), out.size(), "shuffle");
      return unshuffle_bytes(packed, filter.element_bytes, out);
    case kLzfFilter:
      return unpack_lzf(packed, out);
    case kBloscFilter:
      return unpack_blosc(packed, out);
    default:
      throw Error(ErrorCode::kInternal, fmt::format("filter {} is not known", filter.id));
  }
}

// Elements of `width` bytes known to the compiler: several times as fast.
template <size_t width>
void unshuffle_fixed(const uint8_t* from, size_t count, uint8_t* to) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < width; ++k)
      to[i * width + k] = from[k * count + i];
  }
}

template <size_t width>
void shuffle_fixed(const uint8_t* from, size_t count, uint8_t* to) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < width; ++k)
      to[k * count + i] = from[i * width + k];
  }
}

void copy_rest(ByteSpan from, size_t done, std::span<uint8_t> to) {
  std::copy(from.begin() + static_cast<ptrdiff_t>(done), from.end(),
            to.begin() + static_cast<ptrdiff_t>(done));
}

}  // namespace

bool is_known_filter(int32_t id) {
  constexpr std::array kKnown{kDeflateFilter, kShuffleFilter, kFletcher32Filter, kLzfFilter,
                              kBloscFilter};
  return std::find(kKnown.begin(), kKnown.end(), id) != kKnown.end();
}

void unpack_chunk(std::span<const ChunkFilter> filters, uint32_t skipped, ByteSpan packed,
                  std::span<uint8_t> out) {
  std::vector<ChunkFilter> applied;
  for (size_t i = 0; i < filters.size(); ++i)
    if ((skipped >> i & 1) == 0) applied.push_back(filters[i]);
  thread_local std::array<Bytes, 2> rooms;
  size_t room = 0;
  ByteSpan now = packed;
  for (size_t i = applied.size(); i-- > 0;) {
    if (applied[i].id == kFletcher32Filter) {
      now = checked(now);
      continue;
    }
    // Checksums that were added before this filter are in what it gives back.
    const auto sums = static_cast<size_t>(
        std::count_if(applied.begin(), applied.begin() + static_cast<ptrdiff_t>(i),
                      [](const ChunkFilter& f) { return f.id == kFletcher32Filter; }));
    const bool last = i == 0;
    Bytes& buffer = rooms[room];
    if (!last) buffer.resize(out.size() + sums * kChecksumBytes);
    const std::span<uint8_t> to = last ? out : std::span<uint8_t>(buffer);
    undo(applied[i], now, to);
    now = to;
    room ^= 1;
  }
  check_exact(now.size(), out.size(), "chunk");
  if (now.data() != out.data()) std::copy(now.begin(), now.end(), out.begin());
}

void unshuffle_bytes(ByteSpan shuffled, size_t element_bytes, std::span<uint8_t> out) {
  const size_t width = std::max<size_t>(1, element_bytes);
  const size_t count = shuffled.size() / width;
  if (width == 2) {
    unshuffle_fixed<2>(shuffled.data(), count, out.data());
  } else if (width == 4) {
    unshuffle_fixed<4>(shuffled.data(), count, out.data());
  } else if (width == 8) {
    unshuffle_fixed<8>(shuffled.data(), count, out.data());
  } else {
    for (size_t i = 0; i < count; ++i) {
      for (size_t k = 0; k < width; ++k)
        out[i * width + k] = shuffled[k * count + i];
    }
  }
  copy_rest(shuffled, count * width, out);
}

void shuffle_bytes(ByteSpan elements, size_t element_bytes, std::span<uint8_t> out) {
  const size_t width = std::max<size_t>(1, element_bytes);
  const size_t count = elements.size() / width;
  if (width == 2) {
    shuffle_fixed<2>(elements.data(), count, out.data());
  } else if (width == 4) {
    shuffle_fixed<4>(elements.data(), count, out.data());
  } else {
    for (size_t i = 0; i < count; ++i) {
      for (size_t k = 0; k < width; ++k)
        out[k * count + i] = elements[i * width + k];
    }
  }
  copy_rest(elements, count * width, out);
}

uint32_t fletcher32(ByteSpan bytes) {
  constexpr size_t kWordsBetweenFolds = 360;  // so that no sum passes 32 bits
  const auto fold = [](uint32_t sum) { return (sum & 0xffff) + (sum >> 16); };
  uint32_t low = 0;
  uint32_t high = 0;
  size_t at = 0;
  while (at + 1 < bytes.size()) {
    const size_t end = std::min(bytes.size() & ~size_t{1}, at + 2 * kWordsBetweenFolds);
    for (; at < end; at += 2) {
      low += static_cast<uint32_t>(bytes[at] << 8 | bytes[at + 1]);
      high += low;
    }
    low = fold(low);
    high = fold(high);
  }
  if (at < bytes.size()) {
    low += static_cast<uint32_t>(bytes[at] << 8);
    high += low;
    low = fold(low);
    high = fold(high);
  }
  return fold(high) << 16 | fold(low);
}

Deflater::Deflater(int level) : compressor_(libdeflate_alloc_compressor(level)) {
  if (!compressor_) throw std::bad_alloc();
}

void Deflater::Release::operator()(void* compressor) const {
  libdeflate_free_compressor(static_cast<libdeflate_compressor*>(compressor));
}

void Deflater::pack(ByteSpan bytes, Bytes& packed) {
  auto* const compressor = static_cast<libdeflate_compressor*>(compressor_.get());
  packed.resize(libdeflate_zlib_compress_bound(compressor, bytes.size()));
  const size_t size = libdeflate_zlib_compress(compressor, bytes.data(), bytes.size(),
                                               packed.data(), packed.size());
  if (size == 0) throw Error(ErrorCode::kInternal, "deflate: the bound was too small");
  packed.resize(size);
}

}  // namespace stoker
