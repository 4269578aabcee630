// Makes the hashes of a damaged shard right again, so that the code behind them is reached: for
// tests of what only a writer gone wrong could produce, and for fuzzing.
#pragma once

#include <algorithm>

#include "libdata/core/hash.h"
#include "libdata/shard/shard_layout.h"

namespace stoker::testing {

// Hashes of the header, of each section that lies inside the file, and of the footer.
inline void seal_shard(Bytes& shard) {
  if (shard.size() < kHeaderBytes + kFooterBytes) return;
  uint8_t* footer = shard.data() + shard.size() - kFooterBytes;
  store_le(&shard[56], xxh3_64(ByteSpan(shard).first(56)));
  for (const size_t section : {0, 24, 48}) {
    const auto offset = load_le<uint64_t>(footer + section);
    const auto size = load_le<uint64_t>(footer + section + 8);
    if (offset > shard.size() || size > shard.size() - offset) continue;
    store_le(footer + section + 16, xxh3_64(ByteSpan(shard).subspan(offset, size)));
  }
  store_le(footer + 88, xxh3_64(ByteSpan(shard).first(kHeaderBytes)));
  store_le(footer + 112, xxh3_64({footer, 112}));
}

// What a mutation is likely to have broken without being of interest: magics, versions, file size.
inline void restore_shard_frame(Bytes& shard) {
  if (shard.size() < kHeaderBytes + kFooterBytes) return;
  uint8_t* footer = shard.data() + shard.size() - kFooterBytes;
  std::copy(kHeaderMagic.begin(), kHeaderMagic.end(), shard.begin());
  store_le(&shard[8], kShardVersion);
  std::copy(kFooterMagic.begin(), kFooterMagic.end(), footer + 120);
  store_le(footer + 96, kShardVersion);
  store_le(footer + 80, static_cast<uint64_t>(shard.size()));
}

}  // namespace stoker::testing
