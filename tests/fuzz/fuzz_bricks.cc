// Any bytes, as they are and with all hashes made right: an Error, or a volume that verifies to a
// list of damages, and reads as a whole where that is empty.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/volume/brick_layout.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"

namespace {
using stoker::ByteSpan;
using stoker::kBrickEntryBytes;
using stoker::kBrickHeaderBytes;

constexpr uint64_t kMostBytes = 1 << 23;  // enough for any path; more only costs time

void put(uint64_t value, size_t bytes, uint8_t* to) {
  for (size_t i = 0; i < bytes; ++i)
    to[i] = static_cast<uint8_t>(value >> (8 * i));
}

void touch(ByteSpan blob) {
  try {
    const stoker::BrickVolume volume = stoker::parse_bricks(blob);
    if (volume.shape().byte_count() > kMostBytes) return;
    if (!stoker::verify_bricks(volume, blob).empty()) return;
    if (stoker::read_volume(volume, blob).size() != volume.shape().byte_count()) std::abort();
  } catch (const stoker::Error& error) {
    if (error.code() == stoker::ErrorCode::kInternal) std::abort();
  }
}

// Hashes of every brick that lies inside the blob, of the table, and of the header.
void seal(stoker::Bytes& blob) {
  if (blob.size() < kBrickHeaderBytes) return;
  uint8_t* const head = blob.data();
  std::copy(stoker::kBrickMagic.begin(), stoker::kBrickMagic.end(), head);
  put(stoker::kBrickVersion, 4, head + 8);
  put(blob.size(), 8, head + 88);
  uint64_t claimed = 0;
  std::memcpy(&claimed, head + 56, 8);
  const uint64_t bricks =
      std::min<uint64_t>(claimed, (blob.size() - kBrickHeaderBytes) / kBrickEntryBytes);
  for (uint64_t brick = 0; brick < bricks; ++brick) {
    uint8_t* const at = head + kBrickHeaderBytes + brick * kBrickEntryBytes;
    const stoker::BrickEntry entry = stoker::load_brick_entry(at);
    if (entry.stored_bytes == 0 || entry.offset_bytes > blob.size()) continue;
    const ByteSpan rest = ByteSpan(blob).subspan(entry.offset_bytes);
    if (entry.stored_bytes > rest.size()) continue;
    put(stoker::xxh3_64(rest.first(entry.stored_bytes)), 8, at + 16);
  }
  const ByteSpan table = ByteSpan(blob).subspan(kBrickHeaderBytes, bricks * kBrickEntryBytes);
  put(stoker::xxh3_64(table), 8, head + 96);
  put(stoker::xxh3_64(ByteSpan(blob).first(120)), 8, head + 120);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  stoker::Bytes blob(data, data + size);
  touch(blob);
  seal(blob);
  touch(blob);
  return 0;
}
