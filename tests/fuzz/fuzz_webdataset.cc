// Any bytes as a shard: an Error, or samples whose members lie inside them.
#include <cstdlib>

#include "formats/webdataset/shard_listing.h"
#include "tests/fuzz/memory_source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const bool skip : {false, true}) {
    try {
      const stoker::ShardListing listing = list_shard(stoker::MemorySource({data, size}), skip);
      uint64_t members = 0;
      for (const stoker::ShardSample& sample : listing.samples)
        members += sample.member_count;
      if (members != listing.members.size()) std::abort();
      for (const stoker::ShardMember& m : listing.members)
        if (m.offset_bytes > size || m.size_bytes > size - m.offset_bytes) std::abort();
    } catch (const stoker::Error&) {
    }
  }
  return 0;
}
