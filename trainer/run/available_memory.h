// How much memory this process may still take.
//
// Thread-safety: pure functions of what the system says now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace stoker {

// The least of what the machine has available (/proc/meminfo, MemAvailable) and what the limits of
// this process's control groups (memory.max, version 2) leave, with the page cache in them counted
// as free; nothing where the system does not say.
std::optional<uint64_t> available_memory();

// The number in a line "MemAvailable:   123 kB" of `text`, in bytes.
std::optional<uint64_t> read_meminfo(const std::string& text, const std::string& name);

// The largest resident size of this process so far, in bytes.
uint64_t peak_resident_bytes();

}  // namespace stoker
