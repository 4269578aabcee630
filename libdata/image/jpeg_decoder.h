// The JPEG decompressor of one thread: its tables and buffers are kept from image to image.
//
// Pixels, errors and limits are those of jpeg.h. Thread-safety: one thread at a time.
#pragma once

#include <memory>

#include "libdata/core/arrays.h"
#include "libdata/image/jpeg.h"

namespace stoker {

class JpegDecoder {
 public:
  JpegDecoder();
  ~JpegDecoder();
  JpegDecoder(JpegDecoder&&) noexcept;
  JpegDecoder& operator=(JpegDecoder&&) noexcept;

  void decode(ByteSpan bytes, Channels channels, Image& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
