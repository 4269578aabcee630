// Asks the operating system for bytes before workers need them, so that disks work on many requests
// at once and in large pieces.
//
// Window order: the shard ranges of the next window, whole, while the current one is being used.
// Other orders: the records of a batch as it is opened, but only while reading is seen to wait: the
// system looks at every page it is asked for, which with a warm page cache is a tenth of the time
// that copying takes. Direct I/O has no page cache to read into: nothing.
// Thread-safety: any number of threads.
#pragma once

#include <atomic>
#include <cstddef>
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
    if (seconds > kSlowSeconds) slow_reads_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  static constexpr double kSlowSeconds = 200e-6;  // far above a copy from memory
  // One slow read in so many is a disk; fewer are threads that had to wait for a processor.
  static constexpr uint64_t kSlowShare = 50;
  // How long one sign of a disk lasts. Reads that were asked for do not wait, so that signs come
  // again only when the asking has ended.
  static constexpr uint64_t kBatchesAsked = 256;

  bool reads_wait(size_t batch_samples);
  void want_window(uint64_t window);
  void want(uint64_t first_sample, uint64_t count);

  const SampleFiles* files_;
  size_t image_field_;
  const ImageLoaderOptions* options_;
  std::atomic<uint64_t> slow_reads_{0};   // since the last batch was opened
  std::atomic<uint64_t> batches_{0};      // opened
  std::atomic<uint64_t> ask_until_{0};    // of these
  std::atomic<uint64_t> next_window_{0};  // the first that was not asked for
  uint64_t epoch_ = 0;
};

}  // namespace stoker
