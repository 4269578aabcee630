// A deflate stream read from front to back, with places at which it can be entered again. What
// inflated_bytes.h is made of: the only header here that knows zlib, through its .cc alone.
//
// Thread-safety: InflateStream belongs to one thread; InflatingBytes as ArrayBytes. Errors: as
// inflated_bytes.h.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "formats/stacked/inflated_bytes.h"

namespace stoker {

class InflateStream {
 public:
  explicit InflateStream(const DeflatedRange& range);
  ~InflateStream();
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;

  uint64_t position() const { return position_; }  // inflated bytes handed out
  // The next bytes, as many as `out` has.
  void read(std::span<uint8_t> out);
  // Nothing may follow, and the CRC must be right where all was read in order.
  void finish();
  // Goes back to the last noted place that is not behind `position`.
  void rewind(uint64_t position);

 private:
  struct State;  // zlib's

  // A place between two blocks of deflate.
  struct Place {
    uint64_t plain = 0;   // inflated bytes before it
    uint64_t packed = 0;  // bytes of the range before it, the one with `bits` included
    int bits = 0;         // of that byte, which are still to be read
    Bytes window;         // the last 32 KiB before it
  };

  void step();
  void note_place();
  [[noreturn]] void refuse(const char* why) const;

  DeflatedRange range_;
  std::unique_ptr<State> state_;
  uint64_t position_ = 0;
  uint64_t packed_ = 0;  // bytes of the range that zlib has been given
  bool ended_ = false;
  uint64_t crc_position_ = 0;  // up to where `crc_` reaches
  uint32_t crc_ = 0;
  std::vector<Place> places_;
};

class InflatingBytes : public ArrayBytes {
 public:
  explicit InflatingBytes(const DeflatedRange& range) : size_(range.plain_size), stream_(range) {}

  uint64_t size() const override { return size_; }
  ByteSpan bytes(uint64_t offset_bytes, uint64_t size_bytes, Bytes& buffer) const override;
  bool is_random() const override { return false; }

 private:
  void inflate_until(uint64_t end) const;
  void forget() const;

  const uint64_t size_;
  mutable std::mutex mutex_;
  mutable InflateStream stream_;
  mutable std::deque<Bytes> blocks_;  // kept, one after the other
  mutable uint64_t blocks_begin_ = 0;
};

}  // namespace stoker
