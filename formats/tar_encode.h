// Headers of tar members as bytes: what formats/tar.h reads, written. POSIX ustar, with a pax
// header in front only where a name or size does not fit, so that every tar program reads it.
//
// Who wrote it and when does not show: mode 0444, owner and group 0, time 0. Thread-safety: pure
// functions. Source: POSIX.1-2017 pax, "ustar Interchange Format".
#pragma once

#include <cstdint>
#include <string_view>

#include "libdata/core/arrays.h"

namespace stoker {

// Appends the header blocks of a file called `name`. Precondition: the name is neither empty nor
// holds a zero byte.
void append_tar_header(std::string_view name, uint64_t size_bytes, Bytes& out);

// Zeros from the end of a body of this size to the next block.
uint64_t tar_padding(uint64_t size_bytes);

// The end-of-archive mark, and zeros to a whole record of 10 KiB, as tar writes them.
Bytes tar_end(uint64_t archive_bytes);

}  // namespace stoker
