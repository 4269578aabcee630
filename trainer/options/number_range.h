// What the flags' own checks let pass: NaN compares false with both ends of a range.
#pragma once

#include <fmt/format.h>

#include "libdata/core/error.h"

namespace stoker {

// InvalidArgument, naming the flag, for what does not lie from `least` to `most`.
inline void check_range(const char* flag, double value, double least, double most) {
  if (value >= least && value <= most) return;  // not so for NaN
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} {}: expected a number from {} to {}", flag, value, least, most));
}

}  // namespace stoker
