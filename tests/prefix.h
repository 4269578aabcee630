// The first bytes of a file in memory of their own, so that a sanitizer sees a reader that goes
// past the cut.
#pragma once

#include <cstddef>

#include "libdata/core/arrays.h"

namespace stoker {

inline Bytes prefix_of(const Bytes& whole, size_t size) {
  return Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
}

}  // namespace stoker
