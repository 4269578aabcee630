// One MDS shard: a count, offsets of its samples, a header in JSON, and the samples, each the sizes
// of its columns of any size, then the values.
//
// A plain shard is mapped and its values are used in place; a compressed one is unpacked when the
// first sample of it is asked for, and copies of its samples are handed out. The last one unpacked
// stays. Thread-safety, errors: as RecordFile. Source: MosaicML Streaming,
// base/format/mds/writer.py.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "formats/mds/mds_index.h"
#include "formats/records/record_file.h"
#include "libdata/core/files.h"

namespace stoker {

// Where the samples of a whole shard begin, and where the last one ends: as many numbers as there
// are samples, and one. Corrupt where they do not lie in the file one behind the other, to its end.
std::vector<uint32_t> parse_mds_offsets(ByteSpan shard, uint64_t samples);

// The values of one sample, whose columns have these encodings.
void decode_mds_sample(ByteSpan sample, const std::vector<MdsEncoding>& encodings, Sample& memory,
                       Record& record);

// Shards of one set share the memory for what is unpacked: one shard at a time.
class UnpackedShard;
std::shared_ptr<UnpackedShard> make_unpacked_shard();

class MdsShard : public RecordFile {
 public:
  // Tries sizes, hashes and offsets. Names of hashes that are not known are added to `unchecked`.
  MdsShard(const std::filesystem::path& folder, MdsShardEntry entry,
           std::vector<MdsEncoding> encodings, std::vector<size_t> columns,
           std::shared_ptr<UnpackedShard> unpacked, std::vector<std::string>& unchecked);

  const std::string& path() const override { return file_->path(); }
  uint64_t count() const override { return entry_.samples; }
  void read(uint64_t row, Sample& memory, Record& record) const override;
  uint64_t size_bytes(uint64_t row) const override { return offsets_[row + 1] - offsets_[row]; }
  void prefetch(uint64_t row) const override;
  bool is_random() const override { return !packed_; }

 private:
  Bytes unpack() const;

  MdsShardEntry entry_;
  std::vector<MdsEncoding> encodings_;
  std::vector<size_t> columns_;  // those that are read
  bool packed_ = false;
  std::unique_ptr<MappedFile> file_;
  std::vector<uint32_t> offsets_;
  std::shared_ptr<UnpackedShard> unpacked_;
};

}  // namespace stoker
