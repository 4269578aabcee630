// Where the members of a tar archive lie, without reading or extracting them.
//
// Reads ustar, GNU (long names, base-256 sizes), pax (path and size, also global) and V7 archives,
// 512 bytes a header, so that listing a 148 GB archive costs its headers and nothing more. A member
// that is itself a tar is listed in place by giving its range. libarchive is not used here because
// it streams: it cannot say where a member's bytes lie.
//
// Thread-safety: all functions may run on many threads over one TarBytes. Errors: Corrupt with the
// byte offset in the file for a bad header, a member that reaches past the end, and anything but
// zeros after the end-of-archive mark; zeros there are padding, however many (`tar -b` writes
// records of any size). Where GNU tar would warn and stop, this refuses: the members
// behind the damage would be lost in silence. An archive that ends right after its last member,
// without the mark, is whole, as it is for GNU tar. Unsupported: sparse and multi-volume members.
// Source: POSIX.1-2017 pax ("ustar Interchange Format"); GNU tar manual, "Basic Tar Format".
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/files.h"

namespace stoker {

enum class TarMemberType : uint8_t { kFile, kFolder, kSymbolicLink, kHardLink, kOther };

struct TarMember {
  // As tar extracts it: without leading slashes, "." and empty parts; folders without the trailing
  // slash. ".." stays as it is (climbs_out).
  std::string name;
  // Of a hard link: the name of the member it stands for, likewise; of a symbolic one, its target
  // as it stands.
  std::string link_name;
  TarMemberType type = TarMemberType::kFile;
  uint64_t header_offset_bytes = 0;  // of its ustar header
  uint64_t offset_bytes = 0;         // of the body, in the file, not in the range
  uint64_t size_bytes = 0;           // of the body; 0 for all but files
};

// The bytes an archive lies in. `read` fills `out` from an offset that is within size_bytes.
// Borrows the file or span it was made of.
struct TarBytes {
  std::string path;  // for messages
  uint64_t size_bytes = 0;
  std::function<void(uint64_t offset_bytes, std::span<uint8_t> out)> read;
};
TarBytes tar_bytes(const RangeFile& file);
TarBytes tar_bytes(ByteSpan bytes);

struct TarRange {
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
};

// Where the members end: the end-of-archive mark, and how many bytes of zeros lie from there to the
// end of the range.
struct TarEnd {
  uint64_t mark_offset_bytes = 0;
  uint64_t zero_bytes = 0;
};

// Calls `found` for each member, in archive order, hard links as they stand. Members found before
// an error have been given.
TarEnd visit_tar(const TarBytes& bytes, TarRange range,
                 const std::function<void(TarMember&&)>& found);

// The first members, as they stand, up to the first thing that is wrong: what an archive is.
std::vector<TarMember> list_tar_front(const TarBytes& bytes, size_t most_members);

// All members; hard links are given as the files they stand for (tar_links.h).
std::vector<TarMember> list_tar(const TarBytes& bytes, TarRange range);
std::vector<TarMember> list_tar(const TarBytes& bytes);  // all of it

// Whether a part of the name is "..": GNU tar does not extract such a member.
bool climbs_out(std::string_view name);

// Whether `block`, the first 512 bytes of a file, is a tar header with a right checksum.
bool looks_like_tar(ByteSpan block);

}  // namespace stoker
