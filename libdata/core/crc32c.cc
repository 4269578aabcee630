#include "libdata/core/crc32c.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <array>

#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78u;  // bits reversed
constexpr size_t kStep = 8;

// tables[k][b]: what byte b does to the checksum when k more bytes follow it.
using Tables = std::array<std::array<uint32_t, 256>, kStep>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < kStep; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t crc32c_by_instruction(ByteSpan bytes, uint32_t crc) {
  uint64_t state = ~crc;
  size_t i = 0;
  for (; i + kStep <= bytes.size(); i += kStep)
    state = _mm_crc32_u64(state, load_le<uint64_t>(bytes.data() + i));
  for (; i < bytes.size(); ++i)
    state = _mm_crc32_u8(static_cast<uint32_t>(state), bytes[i]);
  return ~static_cast<uint32_t>(state);
}
#endif

}  // namespace

uint32_t crc32c_by_table(ByteSpan bytes, uint32_t crc) {
  uint32_t state = ~crc;
  size_t i = 0;
  for (; i + kStep <= bytes.size(); i += kStep) {
    const uint64_t word = load_le<uint64_t>(bytes.data() + i) ^ state;
    state = 0;
    for (size_t k = 0; k < kStep; ++k)
      state ^= kTables[kStep - 1 - k][(word >> (8 * k)) & 255];
  }
  for (; i < bytes.size(); ++i)
    state = (state >> 8) ^ kTables[0][(state ^ bytes[i]) & 255];
  return ~state;
}

uint32_t crc32c(ByteSpan bytes, uint32_t crc) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc32c_by_instruction(bytes, crc);
#endif
  return crc32c_by_table(bytes, crc);
}

}  // namespace stoker
