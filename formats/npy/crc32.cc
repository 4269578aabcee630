#include "formats/npy/crc32.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "libdata/core/parallel.h"

namespace stoker {
namespace {

constexpr uint64_t kCrcPieceBytes = uint64_t{4} << 20;

}  // namespace

uint32_t crc32_of(ByteSpan bytes) {
  std::vector<uint32_t> crcs((bytes.size() + kCrcPieceBytes - 1) / kCrcPieceBytes);
  const auto piece = [&](uint64_t i) {
    return bytes.subspan(i * kCrcPieceBytes,
                         std::min(kCrcPieceBytes, bytes.size() - i * kCrcPieceBytes));
  };
  run_parallel(crcs.size(), [&](uint64_t i) {
    crcs[i] = static_cast<uint32_t>(crc32_z(0, piece(i).data(), piece(i).size()));
  });
  uLong crc = 0;
  for (size_t i = 0; i < crcs.size(); ++i)
    crc = crc32_combine(crc, crcs[i], static_cast<z_off_t>(piece(i).size()));
  return static_cast<uint32_t>(crc);
}

}  // namespace stoker
