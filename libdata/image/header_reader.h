// Reading the header of a foreign image file, field by field, with every step checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libdata/core/arrays.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {

// A cursor over a header. Stepping past the end is a Corrupt error that says where.
class HeaderReader {
 public:
  HeaderReader(ByteSpan bytes, uint64_t position, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {
    if (position > bytes.size()) fail("the header is cut short", bytes.size());
    position_ = position;
  }

  uint64_t position() const { return position_; }
  uint64_t left() const { return bytes_.size() - position_; }

  void seek(uint64_t position) {
    if (position > bytes_.size()) fail("an offset points past the end of the file", position_);
    position_ = position;
  }
  void skip(uint64_t count) { take(count); }
  uint32_t u8() { return take(1)[0]; }
  uint32_t u16() {
    const ByteSpan b = take(2);
    return big_endian_ ? b[0] * 256u + b[1] : b[1] * 256u + b[0];
  }
  uint32_t u32() {
    const uint32_t first = u16();
    const uint32_t second = u16();
    return big_endian_ ? (first << 16) | second : (second << 16) | first;
  }
  ByteSpan take(uint64_t count) {
    if (count > left()) fail("the header is cut short", position_);
    const ByteSpan piece = bytes_.subspan(position_, count);
    position_ += count;
    return piece;
  }
  [[noreturn]] static void fail(const std::string& reason, uint64_t offset_bytes) {
    throw Error(ErrorCode::kCorrupt, reason, {}, offset_bytes);
  }

 private:
  ByteSpan bytes_;
  uint64_t position_ = 0;  // at most bytes_.size()
  bool big_endian_;
};

inline bool starts_with(ByteSpan bytes, std::string_view magic, size_t at = 0) {
  return bytes.size() >= at + magic.size() && as_text(bytes.subspan(at, magic.size())) == magic;
}

}  // namespace stoker
