// CRC-32 as zip archives have it, of long ranges on many threads.
#pragma once

#include <cstdint>

#include "libdata/core/arrays.h"

namespace stoker {

uint32_t crc32_of(ByteSpan bytes);

}  // namespace stoker
