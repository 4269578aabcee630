// One 512-byte tar header, and the pax records that extend it: bytes to values, no archive.
//
// Pure functions over a block of exactly 512 bytes. Errors: Corrupt and Unsupported with the offset
// counted from the start of what was given. Source: as formats/tar.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/tar.h"
#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr uint64_t kTarBlockBytes = 512;

bool has_right_tar_checksum(ByteSpan block);
char tar_type_flag(ByteSpan block);
std::string tar_header_name(ByteSpan block);  // prefix and name joined, as they stand
std::string tar_header_link_name(ByteSpan block);
uint64_t tar_header_size(ByteSpan block);  // 0 for a blank field

TarMemberType tar_member_type(char type_flag, std::string_view name);
// Links, devices, folders and pipes have none, whatever their size field says.
bool tar_type_has_body(char type_flag);

// What extension headers say about the member that follows.
struct TarExtension {
  std::optional<std::string> path;
  std::optional<std::string> link_path;
  std::optional<uint64_t> size_bytes;
};

// Adds the records of a pax header's body, "LENGTH KEYWORD=VALUE\n" each. An empty value takes an
// earlier one back. Keywords other than path, linkpath and
// size are passed over.
void apply_pax_records(std::string_view body, TarExtension& extension);

}  // namespace stoker
