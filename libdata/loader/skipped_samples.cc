#include "libdata/loader/skipped_samples.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace stoker {

bool SkippedSamples::may_skip(const Error& error) const {
  return on_error_ == OnError::kSkip &&
         (error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported);
}

void SkippedSamples::note(uint64_t epoch, uint64_t sample_id, const Error& error) {
  if (!may_skip(error)) return;
  std::string reason = error.message();
  if (error.offset_bytes()) {
    reason = "at byte " + std::to_string(*error.offset_bytes()) + ": " + reason;
  }
  const std::lock_guard lock(mutex_);
  samples_.push_back({epoch, sample_id, error.path(), std::move(reason)});
}

std::vector<SkippedSample> SkippedSamples::sorted() const {
  const std::lock_guard lock(mutex_);
  std::vector<SkippedSample> samples = samples_;
  std::sort(samples.begin(), samples.end(), [](const SkippedSample& a, const SkippedSample& b) {
    return std::tie(a.epoch, a.sample_id, a.reason) < std::tie(b.epoch, b.sample_id, b.reason);
  });
  return samples;
}

}  // namespace stoker
