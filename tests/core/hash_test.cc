#include "libdata/core/hash.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <vector>

#include "libdata/core/xxh3_kernel.h"

namespace stoker {
namespace {

Bytes noise(size_t size) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<uint8_t>((i * 2654435761u) >> 13);
  return bytes;
}

std::vector<const Xxh3Kernel*> kernels_of_this_machine() {
  std::vector<const Xxh3Kernel*> kernels{&kBaselineXxh3Kernel};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) kernels.push_back(&kAvx2Xxh3Kernel);
#endif
  return kernels;
}

// Vectors from the xxHash project's sanity test file (XXH3, seed 0, empty input).
TEST(Hash, MatchesXxHashKnownAnswers) {
  EXPECT_EQ(to_hex(xxh3_64({})), "2d06800538d394c2");
  EXPECT_EQ(to_hex(xxh3_128({})), "99aa06d3014798d86001c324468d497f");
}

// XXH3 takes another way for each range of lengths up to 240, and for blocks of 1 KiB from there.
TEST(Hash, EveryKernelGivesWhatTheInstalledLibraryGives) {
  const Bytes all = noise(1 << 20);
  std::vector<size_t> sizes(1100);
  for (size_t i = 0; i < sizes.size(); ++i)
    sizes[i] = i;
  sizes.insert(sizes.end(), {4095, 4096, 65537, all.size() - 3});
  for (const Xxh3Kernel* kernel : kernels_of_this_machine()) {
    for (const size_t size : sizes) {
      const ByteSpan bytes(all.data() + size % 3, size);  // also unaligned
      EXPECT_EQ(kernel->hash_64(bytes), XXH3_64bits(bytes.data(), size)) << size;
      const XXH128_hash_t expected = XXH3_128bits(bytes.data(), size);
      EXPECT_EQ(kernel->hash_128(bytes), (Hash128{expected.low64, expected.high64})) << size;
    }
  }
}

TEST(Hash, EveryKernelsStreamEqualsWhole) {
  const Bytes bytes = noise(100000);
  for (const Xxh3Kernel* kernel : kernels_of_this_machine()) {
    for (const size_t piece : {1u, 255u, 777u, 65536u}) {
      void* const state = kernel->create();
      for (size_t at = 0; at < bytes.size(); at += piece)
        kernel->update(state, ByteSpan(bytes).subspan(at, std::min(piece, bytes.size() - at)));
      EXPECT_EQ(kernel->digest(state), xxh3_128(bytes)) << piece;
      kernel->destroy(state);
    }
  }
}

TEST(Hash, StreamsCanBeMoved) {
  const Bytes bytes = noise(5000);
  StreamHash128 first;
  first.update(ByteSpan(bytes).first(1000));
  StreamHash128 second = std::move(first);
  second.update(ByteSpan(bytes).subspan(1000));
  EXPECT_EQ(second.digest(), xxh3_128(bytes));
}

}  // namespace
}  // namespace stoker
