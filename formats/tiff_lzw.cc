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
// Codes after a clear that leave an entry in the table, beside the first.
constexpr uint32_t kMostEntries = kTableSize - kFirstFree;
constexpr uint32_t kCopy = 16;  // bytes copied at a time, whatever the string's length
constexpr uint32_t kBatch = 4;  // codes taken from one load: 7 + 4 * 12 bits fit
constexpr uint32_t kMostOutput = 1u << 31;

static_assert(std::endian::native == std::endian::little);

[[noreturn]] void refuse(const char* what) {
  throw Error(ErrorCode::kCorrupt, what);
}

// The 256 strings of one byte, with room to copy more than is wanted.
constexpr auto kLiterals = [] {
  std::array<uint8_t, 256 + kCopy> bytes{};
  for (size_t i = 0; i < 256; ++i)
    bytes[i] = static_cast<uint8_t>(i);
  return bytes;
}();

// All read before any is written, since the two may overlap; what is written past a string is
// written again by the next.
inline void copy_chunk(const uint8_t* from, uint8_t* to) {
  std::array<uint8_t, kCopy> bytes;
  std::memcpy(bytes.data(), from, kCopy);
  std::memcpy(to, bytes.data(), kCopy);
}

// How many codes after a clear have at most `width` bits: the first, and then one for every entry
// until the table holds 2^width - 1.
constexpr uint32_t codes_until_wider(unsigned width) {
  return (1u << width) - 1 - kFirstFree + 1;
}

// The string of an entry is what its code's predecessor wrote, and the first byte of what came
// next. Both lie side by side in the output; so does, one byte shorter, all that the table has to
// say: entry c is the output from starts_[c] up to and with starts_[c + 1]. Of literals it says 0
// and 0, so that they are one byte long.
class LzwDecoder {
 public:
  LzwDecoder(ByteSpan stored, std::span<uint8_t> out)
      : stored_(stored), out_(out.data()), end_(static_cast<uint32_t>(out.size())) {
    starts_[kEnd] = kMostOutput;  // makes both clear and end longer than any string
  }

  void run() {
    while (at_ < end_) {
      if (count_ < codes_until_wider(9)) {
        decode_batches<9>();
      } else if (count_ < codes_until_wider(10)) {
        decode_batches<10>();
      } else if (count_ < codes_until_wider(11)) {
        decode_batches<11>();
      } else if (count_ <= kMostEntries) {
        decode_batches<12>();
      }
      if (at_ < end_) decode_one();
    }
  }

 private:
  template <unsigned kWidth>
  void decode_batches();
  void decode_one();
  uint32_t take(unsigned width);

  ByteSpan stored_;
  uint64_t bit_ = 0;
  uint8_t* out_;
  uint32_t end_;
  uint32_t at_ = 0;
  uint32_t count_ = 0;  // codes since the last clear, up to one more than make entries
  std::array<uint32_t, kTableSize + 1> starts_{};
};

// Batches of codes of one width, as long as there is room to read and write past their ends, and
// up to the first code that is no whole string: one that is just being made, a clear or end, or
// damage. What it needs is kept in variables of its own, which writing bytes cannot change.
template <unsigned kWidth>
void LzwDecoder::decode_batches() {
  const uint32_t last = std::min(codes_until_wider(kWidth), kMostEntries + 1);
  const uint8_t* const stored = stored_.data();
  const uint64_t stored_size = stored_.size();
  uint8_t* const out = out_;
  const auto output = reinterpret_cast<uintptr_t>(out);
  const auto literals = reinterpret_cast<uintptr_t>(kLiterals.data());
  const uint32_t end = end_;
  uint32_t* const starts = starts_.data();
  uint64_t bit = bit_;
  uint32_t at = at_;
  uint32_t count = count_;
  bool whole = true;
  while (whole && count + kBatch <= last && end - at >= kBatch * kCopy &&
         (bit >> 3) + 8 <= stored_size) {
    uint64_t word = 0;
    std::memcpy(&word, stored + (bit >> 3), 8);
    word = __builtin_bswap64(word) << (bit & 7);
    for (uint32_t i = 0; i < kBatch; ++i) {
      const auto code = static_cast<uint32_t>(word >> (64 - kWidth));
      const uint32_t start = starts[code];
      const uint32_t size = starts[code + 1] - start + 1;
      const bool fits = size <= kCopy || uint64_t{size} + kBatch * kCopy <= end - at;
      if (code + 1 >= kFirstFree + count || !fits) {
        whole = false;
        break;
      }
      // By arithmetic: noise makes literal or not a coin toss, which a branch would lose.
      const uintptr_t base = code < kClear ? literals + code : output + start;
      const auto* from = reinterpret_cast<const uint8_t*>(base);
      copy_chunk(from, out + at);
      for (uint32_t done = kCopy; done < size; done += kCopy)
        copy_chunk(from + done, out + at + done);
      starts[kFirstFree + count] = at;
      at += size;
      ++count;
      word <<= kWidth;
      bit += kWidth;
    }
  }
  bit_ = bit;
  at_ = at;
  count_ = count;
}

uint32_t LzwDecoder::take(unsigned width) {
  const uint64_t byte = bit_ >> 3;
  if (bit_ + width > stored_.size() * 8) refuse("LZW codes end before the strip is full");
  uint64_t word = 0;
  std::memcpy(&word, stored_.data() + byte, std::min<uint64_t>(8, stored_.size() - byte));
  word = __builtin_bswap64(word) << (bit_ & 7);
  bit_ += width;
  return static_cast<uint32_t>(word >> (64 - width));
}

void LzwDecoder::decode_one() {
  unsigned width = 9;
  while (width < 12 && count_ >= codes_until_wider(width))
    ++width;
  const uint32_t code = take(width);
  if (code == kEnd) refuse("LZW codes end before the strip is full");
  if (code == kClear) {
    count_ = 0;
    return;
  }
  const uint32_t entries = std::min(count_, kMostEntries);  // with the one being made now
  if (code >= kFirstFree + entries) refuse("LZW code of a string that is not there yet");
  if (count_ <= kMostEntries) starts_[kFirstFree + count_++] = at_;
  if (code < kClear) {
    out_[at_++] = static_cast<uint8_t>(code);
    return;
  }
  const uint32_t start = starts_[code];
  const uint32_t size = std::min(starts_[code + 1] - start + 1, end_ - at_);
  const uint32_t written = std::min(size, at_ - start);
  std::memcpy(out_ + at_, out_ + start, written);
  if (written < size) out_[at_ + written] = out_[start];  // it ends with its own first byte
  at_ += size;
}

}  // namespace

bool is_old_lzw(ByteSpan stored) {
  return stored.size() >= 2 && stored[0] == 0 && (stored[1] & 1) != 0;
}

void decode_tiff_lzw(ByteSpan stored, std::span<uint8_t> out) {
  if (out.size() > kMostOutput) refuse("LZW strip of more than 2 GiB");
  LzwDecoder(stored, out).run();
}

}  // namespace stoker
