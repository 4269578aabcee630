#include "formats/stacked/gzip_file.h"

#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr size_t kGzipHeader = 10;
constexpr size_t kGzipTrailer = 8;

// Where the deflate stream of the one member begins.
size_t gzip_header_bytes(ByteSpan bytes) {
  constexpr uint8_t kHasCrc = 2;
  constexpr uint8_t kHasExtra = 4;
  constexpr uint8_t kHasName = 8;
  constexpr uint8_t kHasComment = 16;
  const auto refuse = [](size_t at) {
    throw Error(ErrorCode::kCorrupt, "the gzip file is damaged, or cut short in its header", {},
                at);
  };
  if (bytes.size() < kGzipHeader + kGzipTrailer || bytes[2] != 8) refuse(0);
  const uint8_t flags = bytes[3];
  size_t at = kGzipHeader;
  if ((flags & kHasExtra) != 0) at += size_t{2} + load_le<uint16_t>(bytes.data() + at);
  for (const uint8_t text : {kHasName, kHasComment}) {
    if ((flags & text) == 0) continue;
    while (at < bytes.size() && bytes[at] != 0)
      ++at;
    ++at;
  }
  if ((flags & kHasCrc) != 0) at += 2;
  if (at + kGzipTrailer > bytes.size()) refuse(at);
  return at;
}

}  // namespace

DeflatedRange gzip_range(const std::shared_ptr<const MappedFile>& file) {
  const ByteSpan bytes = file->bytes();
  DeflatedRange range;
  range.file = file;
  range.begin = gzip_header_bytes(bytes);
  range.size = bytes.size() - kGzipTrailer - range.begin;
  range.crc = load_le<uint32_t>(bytes.data() + bytes.size() - 8);
  range.plain_size = load_le<uint32_t>(bytes.data() + bytes.size() - 4);
  return range;
}

}  // namespace stoker
