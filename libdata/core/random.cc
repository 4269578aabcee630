#include "libdata/core/random.h"

#include <numeric>
#include <utility>

namespace stoker {
namespace {

constexpr uint32_t kMultiplier0 = 0xD2511F53u;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57u;
constexpr uint32_t kWeyl0 = 0x9E3779B9u;
constexpr uint32_t kWeyl1 = 0xBB67AE85u;

// Sample number that no data set reaches, so that shuffles never share draws with augmentation.
constexpr uint64_t kShuffleSample = ~uint64_t{0};

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{kMultiplier0} * c[0];
    const uint64_t p1 = uint64_t{kMultiplier1} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += kWeyl0;
    k[1] += kWeyl1;
  }
  return c;
}

// Counter words: block number, epoch, sample (low, high). An epoch is far below 2^32.
RandomStream::RandomStream(uint64_t seed, uint64_t epoch, uint64_t sample)
    : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
      counter_{0, static_cast<uint32_t>(epoch), static_cast<uint32_t>(sample),
               static_cast<uint32_t>(sample >> 32)} {}

uint32_t RandomStream::next_u32() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[static_cast<size_t>(used_++)];
}

float RandomStream::next_float() {
  return static_cast<float>(next_u32() >> 8) * 0x1p-24f;
}

double RandomStream::next_double() {
  const uint64_t high = next_u32();
  const uint64_t low = next_u32();
  return static_cast<double>((high << 21) | (low >> 11)) * 0x1p-53;
}

// Lemire's multiply-and-reject ("Fast Random Integer Generation in an Interval", 2019) on 32 bits,
// plain rejection above.
uint64_t RandomStream::next_below(uint64_t bound) {
  if (bound <= 0xffffffffu) {
    const uint32_t b = static_cast<uint32_t>(bound);
    uint64_t product = uint64_t{next_u32()} * b;
    if (static_cast<uint32_t>(product) < b) {
      const uint32_t threshold = (0u - b) % b;
      while (static_cast<uint32_t>(product) < threshold)
        product = uint64_t{next_u32()} * b;
    }
    return product >> 32;
  }
  const uint64_t limit = ~uint64_t{0} - ~uint64_t{0} % bound;
  uint64_t value;
  do {
    const uint64_t high = next_u32();
    value = (high << 32) | next_u32();
  } while (value >= limit);
  return value % bound;
}

std::vector<uint64_t> random_permutation(uint64_t count, uint64_t seed, uint64_t epoch) {
  std::vector<uint64_t> order(count);
  std::iota(order.begin(), order.end(), uint64_t{0});
  RandomStream stream(seed, epoch, kShuffleSample);
  for (uint64_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[stream.next_below(i)]);
  return order;
}

}  // namespace stoker
