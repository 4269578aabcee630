// Asks the operating system for bytes before workers need them, so that disks work on many requests
// at once and in large pieces.
//
// Window order: the shard ranges of the next window, whole, while the current one is being used.
// Other orders: the records of a batch as it is opened, but only once reading was seen to wait;
// with a warm page cache nothing is asked. Direct I/O has no page cache to read into: nothing.
// Thread-safety: any number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "libdata/loader/image_loader.h"
#include "libdata/loader/sample_reader.h"

namespace stoker {

class ReadAhead {
 public:
  ReadAhead(const SampleFiles& files, size_t image_field, const ImageLoaderOptions& options)
      : files_(&files), image_field_(image_field), options_(&options) {}

  void start_epoch(uint64_t epoch);  // before any other call of the epoch
  // The samples at positions `position`.. are about to be read.
  void batch_opens(uint64_t position, std::span<const uint64_t> sample_ids);
  // What reading one sample took.
  void note_read(double seconds) {
    if (seconds > kSlowSeconds) reads_wait_.store(true, std::memory_order_relaxed);
  }

 private:
  static constexpr double kSlowSeconds = 200e-6;  // far above a copy from memory

  void want_window(uint64_t window);
  void want(uint64_t first_sample, uint64_t count);

  const SampleFiles* files_;
  size_t image_field_;
  const ImageLoaderOptions* options_;
  std::atomic<bool> reads_wait_{false};
  std::atomic<uint64_t> next_window_{0};  // the first that was not asked for
  uint64_t epoch_ = 0;
};

}  // namespace stoker
