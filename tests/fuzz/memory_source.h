// Bytes in memory as a ByteSource, for fuzz targets.
#pragma once

#include <algorithm>
#include <string>

#include "formats/byte_source.h"
#include "libdata/core/error.h"

namespace stoker {

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(ByteSpan bytes) : bytes_(bytes) {}

  const std::string& path() const override { return path_; }
  uint64_t size() const override { return bytes_.size(); }
  void read(uint64_t offset, std::span<uint8_t> out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      throw Error(ErrorCode::kCorrupt, "past the end", path_, offset);
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  }
  Bytes read_up_to(uint64_t offset, uint64_t size) const override {
    if (offset >= bytes_.size()) return {};
    const ByteSpan rest = bytes_.subspan(static_cast<size_t>(offset));
    const ByteSpan part = rest.first(static_cast<size_t>(std::min<uint64_t>(size, rest.size())));
    return Bytes(part.begin(), part.end());
  }

 private:
  std::string path_ = "fuzz";
  ByteSpan bytes_;
};

}  // namespace stoker
