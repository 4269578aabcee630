// What --on-error skip may leave out, and has left out: one list for both loaders.
//
// Thread-safety: any number of threads. Ownership: owns the list.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/loader/loader_options.h"

namespace stoker {

class SkippedSamples {
 public:
  explicit SkippedSamples(OnError on_error) : on_error_(on_error) {}

  // Damage, not a failing disk.
  bool may_skip(const Error& error) const;
  // Nothing is noted of an error that may not be skipped.
  void note(uint64_t epoch, uint64_t sample_id, const Error& error);
  // By epoch, sample and reason, whatever the order in which workers met them.
  std::vector<SkippedSample> sorted() const;

 private:
  const OnError on_error_;
  mutable std::mutex mutex_;
  std::vector<SkippedSample> samples_;
};

}  // namespace stoker
