// How long something may take: "3h".
//
// Pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace stoker {

// Seconds of "3h", "90m", "45s", "1h30m", "2d", or of a batch system's "3:30:00" and "2-12:00:00".
// InvalidArgument for anything else (a number without a unit says too little), and for 0.
uint64_t parse_duration(const std::string& text);

}  // namespace stoker
