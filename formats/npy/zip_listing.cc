#include "formats/npy/zip_listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint32_t kLocalMagic = 0x04034b50;
constexpr uint32_t kEntryMagic = 0x02014b50;
constexpr uint32_t kEndMagic = 0x06054b50;
constexpr uint32_t kEnd64Magic = 0x06064b50;
constexpr uint32_t kLocator64Magic = 0x07064b50;
constexpr size_t kEntryBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kMostComment = 65535;
constexpr uint16_t kZip64Extra = 1;
constexpr uint16_t kSee64Short = 0xffff;

[[noreturn]] void refuse(const std::string& why, uint64_t at) {
  throw Error(ErrorCode::kCorrupt, "the zip archive is damaged or cut short: " + why, {}, at);
}

template <typename T>
T number_at(ByteSpan archive, uint64_t at) {
  if (at > archive.size() || archive.size() - at < sizeof(T)) refuse("it ends here", at);
  return load_le<T>(archive.data() + at);
}

ByteSpan range_at(ByteSpan archive, uint64_t at, uint64_t size) {
  if (at > archive.size() || archive.size() - at < size) refuse("it ends within these bytes", at);
  return archive.subspan(at, size);
}

struct Directory {
  uint64_t begin = 0;
  uint64_t size = 0;
  uint64_t entries = 0;
};

// The end record is behind everything but the archive's own comment.
uint64_t find_end(ByteSpan archive) {
  if (archive.size() < kEndBytes) refuse("it has no directory", archive.size());
  const uint64_t last = archive.size() - kEndBytes;
  const uint64_t first = last - std::min<uint64_t>(last, kMostComment);
  for (uint64_t at = last + 1; at-- > first;) {
    if (load_le<uint32_t>(archive.data() + at) != kEndMagic) continue;
    if (at + kEndBytes + load_le<uint16_t>(archive.data() + at + 20) == archive.size()) return at;
  }
  refuse("it has no directory at its end", archive.size());
}

Directory read_end64(ByteSpan archive, uint64_t end) {
  if (end < kLocator64Bytes ||
      number_at<uint32_t>(archive, end - kLocator64Bytes) != kLocator64Magic) {
    refuse("it has no zip64 locator", end);
  }
  const auto at = number_at<uint64_t>(archive, end - kLocator64Bytes + 8);
  range_at(archive, at, kEnd64Bytes);
  if (number_at<uint32_t>(archive, at) != kEnd64Magic) refuse("it has no zip64 end record", at);
  return {number_at<uint64_t>(archive, at + 48), number_at<uint64_t>(archive, at + 40),
          number_at<uint64_t>(archive, at + 32)};
}

Directory find_directory(ByteSpan archive) {
  const uint64_t end = find_end(archive);
  const auto disk = number_at<uint16_t>(archive, end + 4);
  if (disk != 0 && disk != kSee64Short) {
    throw Error(ErrorCode::kUnsupported, "a zip archive of several volumes is not read", {}, end);
  }
  Directory directory{number_at<uint32_t>(archive, end + 16),
                      number_at<uint32_t>(archive, end + 12),
                      number_at<uint16_t>(archive, end + 10)};
  if (directory.begin == kSee64 || directory.size == kSee64 || directory.entries == kSee64Short)
    directory = read_end64(archive, end);
  range_at(archive, directory.begin, directory.size);
  return directory;
}

// Sizes and place that do not fit 32 bits stand in an extra field, those alone, in this order.
void read_zip64_extra(ByteSpan extra, uint64_t at, ZipMember& member, uint64_t& local) {
  while (extra.size() >= 4) {
    const auto id = load_le<uint16_t>(extra.data());
    const auto size = load_le<uint16_t>(extra.data() + 2);
    extra = extra.subspan(4);
    if (size > extra.size()) refuse("an extra field is longer than its place", at);
    if (id == kZip64Extra) {
      ByteSpan field = extra.first(size);
      for (uint64_t* value : {&member.plain_size, &member.size, &local}) {
        if (*value != kSee64) continue;
        if (field.size() < 8) refuse("a zip64 field is too short", at);
        *value = load_le<uint64_t>(field.data());
        field = field.subspan(8);
      }
      return;
    }
    extra = extra.subspan(size);
  }
}

// The member's own header lies before its bytes; its extra fields are of a length of their own.
void find_bytes(ByteSpan archive, uint64_t local, ZipMember& member) {
  const ByteSpan header = range_at(archive, local, kLocalBytes);
  if (load_le<uint32_t>(header.data()) != kLocalMagic) refuse("expected a member here", local);
  const auto name_size = load_le<uint16_t>(header.data() + 26);
  const auto extra_size = load_le<uint16_t>(header.data() + 28);
  const auto method = load_le<uint16_t>(header.data() + 8);
  if (as_text(range_at(archive, local + kLocalBytes, name_size)) != member.name ||
      (method != 0) != member.deflated) {
    refuse("a member is not what the directory says", local);
  }
  member.begin = local + kLocalBytes + name_size + extra_size;
  range_at(archive, member.begin, member.size);
}

ZipMember read_entry(ByteSpan archive, uint64_t& at) {
  const ByteSpan entry = range_at(archive, at, kEntryBytes);
  if (load_le<uint32_t>(entry.data()) != kEntryMagic) refuse("expected a directory entry", at);
  const auto flags = load_le<uint16_t>(entry.data() + 8);
  const auto method = load_le<uint16_t>(entry.data() + 10);
  const auto name_size = load_le<uint16_t>(entry.data() + 28);
  const auto extra_size = load_le<uint16_t>(entry.data() + 30);
  const auto comment_size = load_le<uint16_t>(entry.data() + 32);
  ZipMember member;
  member.name = as_text(range_at(archive, at + kEntryBytes, name_size));
  if ((flags & 1) != 0 || (method != 0 && method != 8)) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("member '{}' is {}; stored and deflated ones are read", member.name,
                            (flags & 1) != 0 ? "encrypted"
                                             : fmt::format("compressed by method {}", method)),
                {}, at);
  }
  member.deflated = method == 8;
  member.crc = load_le<uint32_t>(entry.data() + 16);
  member.size = load_le<uint32_t>(entry.data() + 20);
  member.plain_size = load_le<uint32_t>(entry.data() + 24);
  uint64_t local = load_le<uint32_t>(entry.data() + 42);
  read_zip64_extra(range_at(archive, at + kEntryBytes + name_size, extra_size), at, member, local);
  find_bytes(archive, local, member);
  if (!member.deflated && member.size != member.plain_size) {
    refuse("a stored member has two sizes", at);
  }
  at += kEntryBytes + name_size + extra_size + comment_size;
  return member;
}

}  // namespace

bool looks_like_zip(ByteSpan front) {
  return front.size() >= 4 && (load_le<uint32_t>(front.data()) == kLocalMagic ||
                               load_le<uint32_t>(front.data()) == kEndMagic);
}

std::vector<ZipMember> list_zip(ByteSpan archive) {
  const Directory directory = find_directory(archive);
  std::vector<ZipMember> members;
  uint64_t at = directory.begin;
  const uint64_t end = directory.begin + directory.size;
  uint64_t entries = 0;
  for (; at < end; ++entries) {
    ZipMember member = read_entry(archive, at);
    if (!member.name.ends_with('/')) members.push_back(std::move(member));
  }
  if (at != end || entries != directory.entries) {
    refuse("its directory is not of the length that it says", end);
  }
  return members;
}

}  // namespace stoker
