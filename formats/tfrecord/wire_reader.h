// Protocol buffers' wire format, read from memory or from a file through a small window, so that
// large values are passed over without being read.
//
// Thread-safety: a reader belongs to one thread. Ownership: borrows the span or source. Errors:
// Corrupt, with the offset, for what breaks the format; Unsupported for groups.
// Source: Protocol Buffers, "Encoding".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "formats/byte_source.h"

namespace stoker {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t size() const { return end - begin; }
};

// A field's number and type, and where its value lies (of bytes: without their length).
struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  WireRange value;
};

class WireReader {
 public:
  // Positions are indices into `bytes`.
  explicit WireReader(ByteSpan bytes);
  // Positions are those of the source; nothing outside `range` is read. `front`: what lies at its
  // begin, where that is known already.
  WireReader(const ByteSource& source, WireRange range, ByteSpan front);

  // The field that begins at *position, which then is what follows it. Nothing at `end`.
  std::optional<WireField> next_field(uint64_t* position, uint64_t end);
  uint64_t read_varint(uint64_t* position, uint64_t end);
  // Bytes of a range that the caller knows to be small.
  std::string read_text(WireRange range);
  uint64_t count_varints(WireRange range);  // reads them all

 private:
  uint8_t byte_at(uint64_t position);
  void refill(uint64_t position);
  [[noreturn]] void fail(const char* why, uint64_t position) const;

  const ByteSource* source_ = nullptr;
  uint64_t end_ = 0;
  uint64_t window_begin_ = 0;
  ByteSpan window_;
  uint64_t front_begin_ = 0;  // what was known from the start stays known
  ByteSpan front_;
  Bytes buffer_;
};

}  // namespace stoker
