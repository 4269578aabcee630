// A gzip or zlib file read at any offset of what it inflates to.
//
// While the file is first inflated, places from which inflating can go on are remembered, with the
// 32 KiB before them: one every few MiB. What lies between two of them is a block; a few are kept
// inflated. Reading forward inflates the file once; a read further back inflates its block again,
// on the thread that asks. Memory: 1 % of what the file inflates to for the places, and four
// blocks.
//
// Thread-safety, errors: as ByteSource. Corrupt also for checksums that do not fit, a stream that
// is cut short, and bytes other than zeros behind it; Unsupported for a deflate block of more than
// 64 MiB, which no compressor writes. Several gzip members in one file are read as one.
// Source: RFC 1950, 1951, 1952; the method is that of zlib's examples/zran.c.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "formats/byte_source.h"
#include "libdata/core/error.h"

namespace stoker {

class BlockInflater;

class InflatedFile : public ByteSource {
 public:
  explicit InflatedFile(RangeFile file);
  // `block_bytes`: least distance of the remembered places, for tests.
  InflatedFile(RangeFile file, uint64_t block_bytes);
  ~InflatedFile() override;

  const std::string& path() const override { return file_.path(); }
  uint64_t size() const override;
  void read(uint64_t offset_bytes, std::span<uint8_t> out) const override;
  Bytes read_up_to(uint64_t offset_bytes, uint64_t size_bytes) const override;
  bool is_compressed() const override { return true; }

 private:
  using Block = std::shared_ptr<const Bytes>;
  struct Checkpoint {
    uint64_t in_bytes = 0;   // of the file on disk that have been taken in whole
    int bits = 0;            // of the byte before, still to be used
    uint64_t out_bytes = 0;  // inflated before
    Bytes window;            // the last 32 KiB of them
  };

  // Precondition of all: the mutex is held, but of inflate_again.
  bool advance() const;  // false at the end
  Block inflate_block() const;
  Block find_block(size_t index) const;
  void keep_block(size_t index, Block block) const;
  Block inflate_again(const Checkpoint& from, uint64_t size_bytes) const;
  Block block_at(uint64_t offset_bytes, uint64_t* begin) const;

  RangeFile file_;
  const uint64_t block_bytes_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<BlockInflater> front_;  // none once the end has been seen
  mutable std::vector<std::shared_ptr<const Checkpoint>> checkpoints_;  // where each block begins
  mutable std::optional<Error> fault_;                // what the first inflating met, for good
  mutable uint64_t known_bytes_ = 0;                  // inflated so far: the end of the last block
  mutable std::list<std::pair<size_t, Block>> kept_;  // latest first
};

}  // namespace stoker
