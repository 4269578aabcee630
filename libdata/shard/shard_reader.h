// Reads one shard, mapped: any field of any sample in O(1), without objects on the heap per sample.
//
// Thread-safety: const, any number of threads at once. Ownership: spans point into the mapping and
// live as long as the reader. Errors: opening checks header, footer, section bounds and the hashes
// of index, names and JSON: Corrupt with the offset, or Unsupported for a version not known. Record
// bytes are not hashed on access: check_record does, verification and `--check-hashes` call it.
// Source: shard_format.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema.h"
#include "libdata/shard/shard_layout.h"
#include "libdata/shard/shard_writer.h"

namespace stoker {

// A stored value, where it lies in the file.
struct BlobView {
  ByteSpan bytes;
  uint64_t offset_bytes = 0;  // in the shard
  uint64_t hash = 0;          // XXH3-64 as the index has it
  Codec codec = Codec::kRaw;
  uint16_t flags = 0;
  Extents shape{};
  Extents original_shape{};
};

class ShardReader {
 public:
  explicit ShardReader(const std::filesystem::path& path);
  // A shard that is in memory already; `name` is used in messages. For tests and fuzzers.
  ShardReader(Bytes bytes, std::string name);
  ~ShardReader();
  ShardReader(ShardReader&&) noexcept;
  ShardReader& operator=(ShardReader&&) noexcept;

  const ShardHeader& header() const;
  const ShardFooter& footer() const;
  const Schema& schema() const;
  const ShardMeta& meta() const;
  const std::string& path() const;
  uint64_t sample_count() const;
  ByteSpan file_bytes() const;  // the whole file

  // Precondition: sample < sample_count(), field < schema().fields.size(), storage matches.
  // Corrupt where the index points outside the file or holds a codec or flag not known.
  BlobView blob(uint64_t sample, size_t field) const;
  ByteSpan inline_bytes(uint64_t sample, size_t field) const;
  int64_t inline_int(uint64_t sample, size_t field) const;  // first element of an integer field
  std::string_view name(uint64_t sample) const;

  // Corrupt, with the offset: the stored bytes do not match the hash in the index.
  void check_record(uint64_t sample, size_t field) const;
  void check_names() const;    // their hash, and that the table is in order
  void check_padding() const;  // zeros between the sections at the end

  // Reads index and names into memory, so that from then on the mapping is touched for records
  // only: whoever reads those by other ways (--io pread) gets an Error, not a signal, where the
  // file is lost under the program. Not to be called while others read. Corrupt where the file has
  // changed since it was opened. Memory: both sections, for ImageNet's 1.28 million samples 130 MB.
  void hold_index();

  void advise(AccessPattern pattern) const;
  void will_need(uint64_t offset_bytes, uint64_t size_bytes) const;
  void dont_need(uint64_t offset_bytes, uint64_t size_bytes) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
