#include "libdata/sample/sample.h"

namespace stoker {

Bytes& Sample::next_buffer() {
  if (buffers_in_use_ == buffers.size()) buffers.emplace_back();
  return buffers[buffers_in_use_++];
}

void Sample::clear() {
  values.clear();
  normalized.clear();
  source_path.clear();
  source_offset_bytes = 0;
  source_hash = 0;
  buffers_in_use_ = 0;
}

}  // namespace stoker
