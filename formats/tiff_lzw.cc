#include "formats/tiff_lzw.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr uint32_t kClear = 256;
constexpr uint32_t kEnd = 257;
constexpr uint32_t kFirstFree = 258;
constexpr uint32_t kTableSize = 4096;
constexpr unsigned kLeastWidth = 9;
constexpr unsigned kMostWidth = 12;
constexpr size_t kCopy = 16;  // bytes copied whatever the string's length

static_assert(std::endian::native == std::endian::little);

// Bits from the front of `bytes`, most significant first.
class CodeReader {
 public:
  explicit CodeReader(ByteSpan bytes) : bytes_(bytes), bit_count_(bytes.size() * 8) {}

  bool has(unsigned width) const { return at_ + width <= bit_count_; }

  uint32_t take(unsigned width) {
    const uint64_t byte = at_ >> 3;
    uint64_t word = 0;
    std::memcpy(&word, bytes_.data() + byte, std::min<uint64_t>(8, bytes_.size() - byte));
    word = __builtin_bswap64(word) << (at_ & 7);
    at_ += width;
    return static_cast<uint32_t>(word >> (64 - width));
  }

  // As take, where 8 bytes are known to be left.
  bool has_word() const { return (at_ >> 3) + 8 <= bytes_.size(); }
  uint32_t take_from_word(unsigned width) {
    uint64_t word = 0;
    std::memcpy(&word, bytes_.data() + (at_ >> 3), 8);
    word = __builtin_bswap64(word) << (at_ & 7);
    at_ += width;
    return static_cast<uint32_t>(word >> (64 - width));
  }

 private:
  ByteSpan bytes_;
  uint64_t bit_count_;
  uint64_t at_ = 0;
};

// A string of the table: it was written to the output before, from `begin` on.
struct String {
  uint32_t begin;
  uint32_t size;
};

// The 256 strings of one byte, with room to copy more than is wanted.
constexpr auto kLiterals = [] {
  std::array<uint8_t, 256 + kCopy> bytes{};
  for (size_t i = 0; i < 256; ++i)
    bytes[i] = static_cast<uint8_t>(i);
  return bytes;
}();

[[noreturn]] void refuse(const char* what) {
  throw Error(ErrorCode::kCorrupt, what);
}

// Copies a string of `size` bytes to `to`, byte after byte where they overlap (a string that
// repeats its own first byte at its end).
void copy_exactly(const uint8_t* from, uint8_t* to, size_t size) {
  if (from + size <= to || from >= to + size) {
    std::memcpy(to, from, size);
    return;
  }
  for (size_t i = 0; i < size; ++i)
    to[i] = from[i];
}

}  // namespace

bool is_old_lzw(ByteSpan stored) {
  return stored.size() >= 2 && stored[0] == 0 && (stored[1] & 1) != 0;
}

void decode_tiff_lzw(ByteSpan stored, std::span<uint8_t> out) {
  if (out.size() > UINT32_MAX) refuse("LZW strip of more than 4 GiB");
  std::array<String, kTableSize> table;
  for (uint32_t code = 0; code < kClear; ++code)
    table[code] = {code, 1};
  CodeReader codes(stored);
  const auto end = static_cast<uint32_t>(out.size());
  const auto output = reinterpret_cast<uintptr_t>(out.data());
  const uintptr_t to_literals = reinterpret_cast<uintptr_t>(kLiterals.data()) - output;
  uint32_t at = 0;
  uint32_t free = kFirstFree;
  unsigned width = kLeastWidth;
  String last{0, 0};  // as written; none after a clear
  while (at < end) {
    if (!codes.has(width)) refuse("LZW codes end before the strip is full");
    const uint32_t code = codes.has_word() ? codes.take_from_word(width) : codes.take(width);
    if (code == kClear) {
      free = kFirstFree;
      width = kLeastWidth;
      last.size = 0;
      continue;
    }
    if (code == kEnd) refuse("LZW codes end before the strip is full");
    // What came last and the first byte of what comes now: both lie side by side in the output.
    if (last.size != 0 && free < kTableSize) {
      table[free++] = {last.begin, last.size + 1};
      if (free == (1u << width) - 1 && width < kMostWidth) ++width;
    }
    if (code >= free) refuse("LZW code of a string that is not there yet");
    const String string = table[code];
    // Chosen by a mask: noise makes literal or not a coin toss, which a branch would lose.
    const uintptr_t base = output + (to_literals & (uintptr_t{code >= kClear} - 1));
    const auto* from = reinterpret_cast<const uint8_t*>(base + string.begin);
    uint8_t* to = out.data() + at;
    const bool repeats_itself = code == free - 1 && code >= kFirstFree;
    if (string.size <= kCopy && end - at >= kCopy && !repeats_itself) {
      // All read before any is written, since the two may overlap; the bytes after the string are
      // written again by the next.
      std::array<uint8_t, kCopy> bytes;
      std::memcpy(bytes.data(), from, kCopy);
      std::memcpy(to, bytes.data(), kCopy);
      last = {at, string.size};
    } else {
      last = {at, std::min(string.size, end - at)};
      copy_exactly(from, to, last.size);
    }
    at += last.size;
  }
}

}  // namespace stoker
