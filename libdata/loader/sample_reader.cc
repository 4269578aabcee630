#include "libdata/loader/sample_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"

namespace stoker {
namespace {

constexpr uint64_t kPageBytes =
    4096;  // also what O_DIRECT wants offsets and addresses to divide by

// Touches each page, so that waiting for the disk is counted as reading and not as decoding.
void touch_pages(ByteSpan bytes) {
  for (size_t i = 0; i < bytes.size(); i += kPageBytes)
    static_cast<void>(*static_cast<const volatile uint8_t*>(&bytes[i]));
}

}  // namespace

SampleFiles::SampleFiles(const PackedSplit& split, IoMode mode) : split_(&split), mode_(mode) {
  for (const ShardReader& shard : split.shards()) {
    if (mode == IoMode::kMmap) shard.advise(AccessPattern::kRandom);
    if (mode == IoMode::kPread) files_.emplace_back(shard.path());
    if (mode == IoMode::kDirect) {
      const int descriptor = ::open(shard.path().c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
      if (descriptor < 0) {
        const int error = errno;
        for (const int open_one : direct_)
          ::close(open_one);
        throw system_error("open with O_DIRECT", shard.path(), error);
      }
      direct_.push_back(descriptor);
    }
  }
}

SampleFiles::~SampleFiles() {
  for (const int descriptor : direct_)
    ::close(descriptor);
}

SampleReader::SampleReader(const SampleFiles& files, const ImageLoaderOptions& options)
    : files_(&files), options_(&options) {}

SampleReader::~SampleReader() = default;

ByteSpan SampleReader::read(uint64_t sample_id, const BlobView& blob) {
  if (buffer_.capacity() > kKeptBytes) buffer_ = Bytes();
  ByteSpan bytes = blob.bytes;
  if (files_->mode() == IoMode::kMmap) {
    if (!copy_reads(blob)) touch_pages(bytes);
  } else {
    const size_t shard = files_->split().locate(sample_id).shard;
    if (files_->mode() == IoMode::kDirect) {
      bytes = read_direct(shard, blob);
    } else {
      buffer_.resize(blob.bytes.size());
      files_->file(shard).read(blob.offset_bytes, buffer_);
      bytes = buffer_;
    }
  }
  const bool decoded = blob.codec != Codec::kRaw;
  if (options_->check_hashes.covers(decoded) && xxh3_64(bytes) != blob.hash)
    throw Error(ErrorCode::kCorrupt,
                "the record's bytes do not match their hash: " + to_hex(xxh3_64(bytes)) +
                    ", expected " + to_hex(blob.hash),
                {}, blob.offset_bytes);
  return bytes;
}

// Offset, length and address of a direct read are multiples of a page; the record lies inside.
ByteSpan SampleReader::read_direct(size_t shard, const BlobView& blob) {
  const uint64_t begin = blob.offset_bytes / kPageBytes * kPageBytes;
  const uint64_t end = blob.offset_bytes + blob.bytes.size();
  const size_t length = (end - begin + kPageBytes - 1) / kPageBytes * kPageBytes;
  buffer_.resize(std::max(buffer_.size(), length + kPageBytes));
  const uintptr_t address = reinterpret_cast<uintptr_t>(buffer_.data());
  uint8_t* const aligned = buffer_.data() + (kPageBytes - address % kPageBytes) % kPageBytes;
  const std::string& path = files_->split().shards()[shard].path();
  size_t done = 0;
  while (begin + done < end) {
    const ssize_t got = ::pread(files_->direct_descriptor(shard), aligned + done, length - done,
                                static_cast<off_t>(begin + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read with O_DIRECT", path, errno);
    if (got == 0)
      throw Error(ErrorCode::kIo,
                  "the file ends inside a record, but did not when it was opened: it was cut short "
                  "or replaced while in use",
                  path, begin + done);
    done += static_cast<size_t>(got);
  }
  return {aligned + (blob.offset_bytes - begin), blob.bytes.size()};
}

}  // namespace stoker
