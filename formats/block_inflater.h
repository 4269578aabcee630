// zlib's inflate over a file, one deflate block after the other.
//
// Thread-safety: belongs to one thread at a time. Errors: as InflatedFile.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "libdata/core/arrays.h"
#include "libdata/core/files.h"

namespace stoker {

class BlockInflater {
 public:
  // From the start of the file, headers and checksums checked.
  explicit BlockInflater(const RangeFile& file);
  // From a place inside: `in_bytes` of the file are used but for `bits` of the last one; `window`
  // is what was inflated before. Of the stream that the place lies in no checksum is checked.
  BlockInflater(const RangeFile& file, uint64_t in_bytes, int bits, ByteSpan window);
  ~BlockInflater();

  // Inflates into `out` until it is full, a deflate block ends, or the file does. Returns how many
  // bytes were written.
  size_t inflate_some(std::span<uint8_t> out);
  bool at_end() const { return at_end_; }         // of all streams in the file
  bool at_boundary() const { return boundary_; }  // between two deflate blocks of one stream
  uint64_t in_bytes() const;                      // used so far
  int bits() const;                               // of the last byte, still to be used

 private:
  struct State;
  void fill();
  void next_member();
  void skip_trailer();
  [[noreturn]] void fail(const char* why) const;

  const RangeFile& file_;
  std::unique_ptr<State> state_;
  Bytes input_;
  uint64_t read_bytes_ = 0;  // of the file, into input_
  bool raw_ = false;         // without header and trailer
  size_t trailer_bytes_ = 0;
  bool boundary_ = false;
  bool at_end_ = false;
};

}  // namespace stoker
