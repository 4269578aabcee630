// Counter-based random numbers: the value is a pure function of a key and a counter, so what a
// sample draws depends on (seed, epoch, sample) alone and never on threads, ranks or what came
// before.
//
// Philox4x32-10: J. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stoker {

// Ten rounds of Philox4x32. Matches the known-answer vectors of Random123.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// A stream of draws for one (seed, epoch, sample). Cheap to make; not shared between threads.
class RandomStream {
 public:
  RandomStream(uint64_t seed, uint64_t epoch, uint64_t sample);

  uint32_t next_u32();
  float next_float();                   // [0, 1), 24 bits
  double next_double();                 // [0, 1), 53 bits
  uint64_t next_below(uint64_t bound);  // [0, bound), unbiased; bound > 0
  bool next_bool() { return (next_u32() >> 31) != 0; }
  double next_uniform(double low, double high) { return low + (high - low) * next_double(); }

 private:
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

// 0..count-1 in an order that is a pure function of (seed, epoch): Fisher-Yates.
std::vector<uint64_t> random_permutation(uint64_t count, uint64_t seed, uint64_t epoch);

}  // namespace stoker
