// The records of a zip archive of stored members, as bytes: what zip_listing.h reads.
//
// Always zip64, dates 1 January 1980. Thread-safety: pure functions. Source: APPNOTE.TXT 6.3.3.
#pragma once

#include <span>
#include <string>

#include "formats/npy/zip_listing.h"

namespace stoker {

// In front of a member's bytes.
std::string zip_local_header(const ZipMember& member);
size_t zip_local_header_bytes(const std::string& name);

// Behind all members, at `offset_bytes`. Each member's header ends where its bytes begin.
std::string zip_directory(std::span<const ZipMember> members, uint64_t offset_bytes);

}  // namespace stoker
