// tf.train.Examples as bytes, large values by reference.
//
// Thread-safety: a builder belongs to one thread. Ownership: byte strings are borrowed until the
// record has been written. The bytes are a pure function of the features, in the order added.
// Source: as example_features.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

class ExampleBuilder {
 public:
  void clear();
  void add_bytes(std::string_view name, ByteSpan value);
  void add_int64(std::string_view name, std::span<const int64_t> values);  // packed
  void add_floats(std::string_view name, std::span<const float> values);   // packed

  // The whole record, frame and checksums included; valid until the next call. Unsupported for an
  // Example of 2 GiB or more, which no reader of protocol buffers takes.
  const std::vector<ByteSpan>& record();

 private:
  struct Entry {
    Bytes front;  // all but `value`
    ByteSpan value;
  };

  void add(std::string_view name, uint32_t list_number, const Bytes& list_front, ByteSpan value);

  std::vector<Entry> entries_;
  Bytes begin_;
  Bytes end_;
  std::vector<ByteSpan> pieces_;
};

}  // namespace stoker
