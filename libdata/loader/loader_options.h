// What image and patch loader have in common for their users: ways to read, what to do about
// damage, where batch memory comes from.
//
// Thread-safety: values and pure functions. Errors: InvalidArgument for a text that names nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace stoker {

enum class OnError : uint8_t { kStop, kSkip };
OnError parse_on_error(std::string_view text);  // "stop", "skip"

enum class IoMode : uint8_t {
  kMmap,  // page cache, mapped: no copy
  // Page cache, read calls: for network disks, where faults on a mapping are slow. A shard that is
  // lost under the program is an Error where its index is held (PackedSplit::hold_index).
  kPread,
  kDirect,  // O_DIRECT: past the page cache, for data sets far larger than memory
};
IoMode parse_io_mode(std::string_view text);  // "mmap", "pread", "direct"

// Where batch memory comes from; a device feed hands in pinned memory here.
struct BufferSource {
  std::function<uint8_t*(size_t size_bytes)> allocate;  // aligned to 64 bytes
  std::function<void(uint8_t* memory, size_t size_bytes)> release;
};

// A sample that was left out of its batch.
struct SkippedSample {
  uint64_t epoch = 0;
  uint64_t sample_id = 0;
  std::string place;   // shard, sample, name
  std::string reason;  // with the offset in the shard, where it is known
};

}  // namespace stoker
