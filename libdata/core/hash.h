// XXH3, as the container uses it: 64 bits per record, 128 bits per shard.
// Not cryptographic: it finds damage, not forgery. Source: xxHash 0.8, seed 0.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "libdata/core/arrays.h"

namespace stoker {

// Odd, near 2^64 over the golden ratio: a key times it, with the next value added or xored, mixes
// several values into one where no hash of bytes is at hand.
inline constexpr uint64_t kKeyFactor = 0x9e3779b97f4a7c15u;

uint64_t xxh3_64(ByteSpan bytes);

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};

Hash128 xxh3_128(ByteSpan bytes);

// 32 hex digits in the order xxh128sum prints them (high half first).
std::string to_hex(const Hash128& hash);
std::string to_hex(uint64_t hash);  // 16 hex digits

// Which stored bytes are checked against their hash when they are read. Made from a bool: all, or
// none.
class HashCheck {
 public:
  constexpr HashCheck(bool all = false) : decoded_(all), raw_(all) {}  // NOLINT: a bool is enough
  // Only bytes that are decoded: beside decoding, hashing costs next to nothing. Raw ones, which
  // are only copied, are not.
  static constexpr HashCheck where_cheap() {
    HashCheck check;
    check.decoded_ = true;
    return check;
  }
  // As a user asked, or not.
  static constexpr HashCheck asked(std::optional<bool> all) {
    return all ? HashCheck(*all) : where_cheap();
  }
  constexpr bool covers(bool is_decoded) const { return is_decoded ? decoded_ : raw_; }

 private:
  bool decoded_;
  bool raw_;
};

// The 128-bit hash of a sequence of pieces. Not thread-safe.
class StreamHash128 {
 public:
  StreamHash128();

  void update(ByteSpan bytes);
  Hash128 digest() const;

 private:
  struct Release {
    void operator()(void* state) const;
  };
  std::unique_ptr<void, Release> state_;
};

}  // namespace stoker
