// Numbers as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stoker {

// "1GiB", "64MiB", "500MB", "4096": a count of bytes. KiB, MiB, GiB, TiB are powers of 1024; kB,
// MB, GB, TB of 1000. InvalidArgument for anything else, for zero, and past 2^63.
uint64_t parse_byte_count(std::string_view text);

// "1 sample", "2 samples", "1 class", "0 classes", "3 entries": the number with its noun.
std::string counted(uint64_t count, std::string_view noun);

std::string format_byte_count(uint64_t bytes);  // "1.25 GiB"
std::string format_duration(double seconds);    // "2:05", "1:02:05"

}  // namespace stoker
