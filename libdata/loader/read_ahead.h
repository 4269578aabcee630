// Asks the operating system for bytes before workers need them, so that disks work on many requests
// at once and in large pieces.
//
// All orders: the records of a batch as it is opened. Window order also: as many samples as the
// batch holds, one window further on and in the order they lie on disk, so that once the first
// window is past the disk reads shards from front to back, at the pace they are used. Both only
// for the first batches and while reading is seen to wait: the system looks at every page it is
// asked for, which with a warm page cache is a tenth of the time that copying takes. The page cache
// must hold a window beside the batches; where it does not, a batch's own records are still asked
// for. Ranks on different machines each ask for a share of the next window, of which they use one
// part in world_size. Direct I/O has no page cache to read into: nothing.
//
// Measured on a disk that gives dd 780 MB/s and io_uring 850 (O_DIRECT, 1 MiB, 32 in flight), raw
// 256-pixel images, cold cache, medians of three: mapped without read-ahead 100 MB/s, with it 620;
// pread 680, direct 720; the window asked for ahead, which is not in these figures, comes on top
// and keeps the disk at its limit. So advice to the kernel stays and io_uring, which would have
// nothing left to win, was not taken.
//
// Thread-safety: any number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "libdata/loader/image_loader_options.h"
#include "libdata/loader/sample_reader.h"

namespace stoker {

class ReadAhead {
 public:
  ReadAhead(const SampleFiles& files, size_t image_field, const ImageLoaderOptions& options)
      : files_(&files), image_field_(image_field), options_(&options) {}

  void start_epoch(uint64_t epoch) { epoch_ = epoch; }  // before any other call of the epoch
  // The samples at positions `position`.. are about to be read.
  void batch_opens(uint64_t position, std::span<const uint64_t> sample_ids);
  // What reading one sample took.
  void note_read(double seconds) {
    if (seconds > kSlowSeconds) note_slow_read();
  }

 private:
  static constexpr double kSlowSeconds = 200e-6;  // far above a copy from memory
  // One slow read in so many is a disk; fewer are threads that had to wait for a processor.
  static constexpr uint64_t kSlowShare = 50;
  // How long one sign of a disk lasts. Reads that were asked for do not wait, so that signs come
  // again only when the asking has ended.
  static constexpr uint64_t kBatchesAsked = 256;
  static constexpr uint64_t kBatchesAskedAtFirst = 8;  // when nothing was seen yet

  void note_slow_read();
  bool reads_wait(size_t batch_samples);
  void want(uint64_t first_sample, uint64_t count);

  const SampleFiles* files_;
  size_t image_field_;
  const ImageLoaderOptions* options_;
  std::atomic<uint64_t> slow_reads_{0};                    // since the last batch was opened
  std::atomic<uint64_t> batches_{0};                       // opened
  std::atomic<uint64_t> ask_until_{kBatchesAskedAtFirst};  // of these
  uint64_t epoch_ = 0;
};

}  // namespace stoker
