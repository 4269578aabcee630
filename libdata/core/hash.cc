#include "libdata/core/hash.h"

#include <new>

#include "libdata/core/xxh3_kernel.h"

namespace stoker {
namespace {

const Xxh3Kernel& kernel() {
#if defined(__x86_64__)
  static const Xxh3Kernel& best =
      __builtin_cpu_supports("avx2") ? kAvx2Xxh3Kernel : kBaselineXxh3Kernel;
  return best;
#else
  return kBaselineXxh3Kernel;
#endif
}

std::string hex(uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (size_t i = 0; i < 16; ++i)
    text[15 - i] = kDigits[(value >> (4 * i)) & 15];
  return text;
}

}  // namespace

uint64_t xxh3_64(ByteSpan bytes) {
  return kernel().hash_64(bytes);
}

Hash128 xxh3_128(ByteSpan bytes) {
  return kernel().hash_128(bytes);
}

std::string to_hex(const Hash128& hash) {
  return hex(hash.high) + hex(hash.low);
}
std::string to_hex(uint64_t hash) {
  return hex(hash);
}

void StreamHash128::Release::operator()(void* state) const {
  kernel().destroy(state);
}

StreamHash128::StreamHash128() : state_(kernel().create()) {
  if (state_ == nullptr) throw std::bad_alloc();
}

void StreamHash128::update(ByteSpan bytes) {
  kernel().update(state_.get(), bytes);
}

Hash128 StreamHash128::digest() const {
  return kernel().digest(state_.get());
}

}  // namespace stoker
