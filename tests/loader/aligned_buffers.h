// Batch memory of a test's own making, counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "libdata/loader/loader_options.h"

namespace stoker {

class AlignedBuffers {
 public:
  // The buffers must outlive what uses the source.
  BufferSource source() {
    return {[this](size_t size_bytes) {
              auto* const memory =
                  static_cast<uint8_t*>(::operator new (size_bytes, std::align_val_t{64}));
              if (allocated_ == 0) first_ = memory;
              ++allocated_;
              allocated_bytes_ += size_bytes;
              return memory;
            },
            [this](uint8_t* memory, size_t) {
              ::operator delete (memory, std::align_val_t{64});
              ++released_;
            }};
  }

  const uint8_t* first() const { return first_; }
  size_t allocated() const { return allocated_; }
  size_t allocated_bytes() const { return allocated_bytes_; }
  size_t released() const { return released_; }

 private:
  const uint8_t* first_ = nullptr;
  size_t allocated_ = 0;
  size_t allocated_bytes_ = 0;
  size_t released_ = 0;
};

}  // namespace stoker
