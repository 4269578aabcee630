// What one WebDataset shard holds: members grouped to samples by their keys, without reading more
// of them than headers and the text of class labels.
//
// Thread-safety: free functions. Errors: as formats/tar.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/byte_source.h"

namespace stoker {

struct ShardMember {
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  uint32_t extension = 0;  // index into ShardListing::extensions
};

struct ShardSample {
  std::string key;
  uint64_t first_member = 0;  // of members, which lie side by side for one sample
  uint32_t member_count = 0;
};

struct ShardListing {
  std::vector<std::string> extensions;
  std::vector<ShardMember> members;
  std::vector<ShardSample> samples;  // in the order of their first members
  std::vector<SampleNote> notes;
};

// Of a damaged archive, with `skip_damaged`, what lies before the damage, and a note.
ShardListing list_shard(const ByteSource& source, bool skip_damaged);

}  // namespace stoker
