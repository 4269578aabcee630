// How much memory a passage of code holds, asked of LibTorch's own accounting.
//
// A guard of c10::ThreadLocalDebugInfo (kind PROFILER_STATE) puts a LiveBytes in place; it counts
// for the thread alone in which the guard stands. Both LibTorch generations.
#pragma once

#include <c10/core/Allocator.h>
#include <torch/version.h>

#include <cstddef>
#include <cstdint>

namespace stoker {

// Counts the bytes that this thread has allocated and not freed, on any device.
class LiveBytes : public c10::MemoryReportingInfoBase {
 public:
#if TORCH_VERSION_MAJOR >= 2
  using Total = size_t;
#else
  using Total = int64_t;
#endif
  void reportMemoryUsage(void*, int64_t size, Total, Total, c10::Device) override {
    live_ += size;
  }
  bool memoryProfilingEnabled() const override {
    return true;
  }
  int64_t live() const {
    return live_;
  }

 private:
  int64_t live_ = 0;
};

}  // namespace stoker
