#include "formats/stacked/inflated_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "formats/stacked/inflate_stream.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

// What deflate reaches at most: 258 bytes for two bits, and a little for the ends.
constexpr uint64_t kMostRatio = 1032;
constexpr uint64_t kSlack = 64;

}  // namespace

void check_ratio(const DeflatedRange& range) {
  if (range.plain_size / kMostRatio <= range.size + kSlack) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("{} bytes cannot inflate to the {} that are announced", range.size,
                          range.plain_size),
              range.file->path(), range.begin);
}

Bytes inflate_whole(const DeflatedRange& range) {
  check_ratio(range);
  Bytes bytes(range.plain_size);
  InflateStream stream(range);
  stream.read(bytes);
  stream.finish();
  return bytes;
}

Bytes inflate_front(const DeflatedRange& range, size_t most) {
  check_ratio(range);
  Bytes bytes(static_cast<size_t>(std::min<uint64_t>(most, range.plain_size)));
  InflateStream stream(range);
  stream.read(bytes);
  return bytes;
}

std::unique_ptr<ArrayBytes> inflated_bytes(const DeflatedRange& range, uint64_t most_in_memory) {
  if (range.plain_size <= most_in_memory) {
    return std::make_unique<MemoryBytes>(inflate_whole(range));
  }
  check_ratio(range);
  return std::make_unique<InflatingBytes>(range);
}

}  // namespace stoker
