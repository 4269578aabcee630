// One number as the value of an inline field.
//
// Thread-safety: as Sample.
#pragma once

#include "libdata/core/little_endian.h"
#include "libdata/sample/sample.h"

namespace stoker {

// `number` has the field's type; it is kept in a buffer of the sample.
template <typename T>
FieldValue inline_number(T number, Sample& sample) {
  Bytes& bytes = sample.next_buffer();
  bytes.resize(sizeof(T));
  store_le(bytes.data(), number);
  FieldValue value;
  value.bytes = bytes;
  return value;
}

}  // namespace stoker
