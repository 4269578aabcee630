#include "formats/records/zstd_bytes.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>

#include "libdata/core/error.h"

namespace stoker {
namespace {

struct FreeStream {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

Bytes unpack_zstd(ByteSpan packed, uint64_t most_bytes) {
  constexpr size_t kLeastRoom = size_t{64} << 10;
  constexpr size_t kMostRoom = size_t{64} << 20;
  const std::unique_ptr<ZSTD_DCtx, FreeStream> context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  Bytes bytes;
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  size_t filled = 0;
  size_t left = 1;  // of a frame
  while (in.pos < in.size || filled == bytes.size()) {
    if (filled == bytes.size()) {
      const size_t room = std::clamp(2 * bytes.size(), kLeastRoom, kMostRoom);
      bytes.resize(bytes.size() +
                   static_cast<size_t>(std::min<uint64_t>(
                       room, most_bytes - std::min<uint64_t>(most_bytes, filled) + 1)));
    }
    ZSTD_outBuffer out{bytes.data(), bytes.size(), filled};
    const size_t before = in.pos;
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) {
      throw Error(ErrorCode::kCorrupt, fmt::format("zstd: {}", ZSTD_getErrorName(left)), {},
                  in.pos);
    }
    const bool stuck = out.pos == filled && in.pos == before;
    filled = out.pos;
    if (filled > most_bytes) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("unpacks to more than the {} bytes expected", most_bytes));
    }
    if (stuck || (left == 0 && in.pos == in.size)) break;
  }
  if (left != 0) throw Error(ErrorCode::kCorrupt, "the zstd stream is cut short");
  bytes.resize(filled);
  return bytes;
}

}  // namespace stoker
