// Where the bytes of an array lie: in a mapped file, in memory, or behind a compressor.
//
// Thread-safety: all may be called from many threads at once. Ownership: spans live as long as the
// object, or as the buffer they were copied to. Errors: Corrupt, Io.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "libdata/core/arrays.h"
#include "libdata/core/files.h"

namespace stoker {

class ArrayBytes {
 public:
  virtual ~ArrayBytes() = default;

  virtual uint64_t size() const = 0;
  // A range, in place or copied to `buffer`. Precondition: it lies within size().
  virtual ByteSpan bytes(uint64_t offset_bytes, uint64_t size_bytes, Bytes& buffer) const = 0;
  virtual void prefetch(uint64_t, uint64_t) const {}
  // Whether ranges may be asked for in any order at no more cost than in theirs.
  virtual bool is_random() const { return true; }
};

// A part of a mapped file.
class MappedBytes : public ArrayBytes {
 public:
  // Precondition: the range lies within the file.
  MappedBytes(std::shared_ptr<const MappedFile> file, uint64_t begin, uint64_t size)
      : file_(std::move(file)), begin_(begin), size_(size) {}

  uint64_t size() const override { return size_; }
  ByteSpan bytes(uint64_t offset, uint64_t size, Bytes&) const override {
    return file_->bytes().subspan(begin_ + offset, size);
  }
  void prefetch(uint64_t offset, uint64_t size) const override {
    file_->will_need(begin_ + offset, size);
  }

 private:
  std::shared_ptr<const MappedFile> file_;
  uint64_t begin_;
  uint64_t size_;
};

class MemoryBytes : public ArrayBytes {
 public:
  explicit MemoryBytes(Bytes bytes) : bytes_(std::move(bytes)) {}

  uint64_t size() const override { return bytes_.size(); }
  ByteSpan bytes(uint64_t offset, uint64_t size, Bytes&) const override {
    return ByteSpan(bytes_).subspan(offset, size);
  }

 private:
  Bytes bytes_;
};

}  // namespace stoker
