// Numbers as files hold them.
#pragma once

#include <cstdint>
#include <cstring>

namespace stoker {

// Little-endian stores and loads at any alignment. The house runs on little-endian machines only
// (x86-64, arm64), which the build checks in libdata/shard/shard_layout.cc.
template <typename T>
void store_le(uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}
template <typename T>
T load_le(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

}  // namespace stoker
