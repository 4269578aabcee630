// The bytes of a file as its format means them: as they lie on disk, or inflated where the file is
// a gzip or zlib stream (its first bytes decide, not its name).
//
// Thread-safety: all may be called from many threads at once. Errors: NotFound or Io from the
// system; Corrupt where a range lies past the end, or a stream is damaged, with the offset in the
// file on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/files.h"

namespace stoker {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual const std::string& path() const = 0;
  // Of a compressed file: inflates it to its end, once.
  virtual uint64_t size() const = 0;
  virtual void read(uint64_t offset_bytes, std::span<uint8_t> out) const = 0;
  // As many of the first `size_bytes` bytes from there as there are, without asking for size().
  virtual Bytes read_up_to(uint64_t offset_bytes, uint64_t size_bytes) const = 0;
  virtual void will_need(uint64_t, uint64_t) const {}
  virtual bool is_compressed() const { return false; }
};

// By the first two bytes: no proof, one in two thousand files of other kinds begins like that.
bool has_zlib_front(ByteSpan front);

using ByteSourceOpener = std::unique_ptr<ByteSource> (*)(const std::filesystem::path& path);
std::unique_ptr<ByteSource> open_plain_source(const std::filesystem::path& path);
std::unique_ptr<ByteSource> open_deflated_source(const std::filesystem::path& path);
// Inflated where it is a gzip file.
std::unique_ptr<ByteSource> open_byte_source(const std::filesystem::path& path);

// A bounded number of sources kept open: many of plain files, few of compressed ones, whose index
// takes memory. A source stays open while somebody holds it, also past the bound.
class OpenSources {
 public:
  // `paths` must outlive this object.
  OpenSources(const std::vector<std::string>& paths, ByteSourceOpener opener, bool any_compressed);

  std::shared_ptr<const ByteSource> open(uint32_t index) const;

 private:
  struct Place {
    std::shared_ptr<const ByteSource> source;
    std::list<uint32_t>::iterator use;
  };

  const std::vector<std::string>& paths_;
  const ByteSourceOpener opener_;
  const size_t most_open_;
  mutable std::mutex mutex_;
  mutable std::list<uint32_t> uses_;  // latest first
  mutable std::unordered_map<uint32_t, Place> open_;
};

}  // namespace stoker
