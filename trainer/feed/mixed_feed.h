// A feed of images whose batches are mixed with themselves: mixup and cutmix, a batch at a time, on
// the device.
//
// Nothing here waits for the device. One thread. Ownership: owns the feed beneath, whose tensors it
// leaves as they are. Errors: those of that feed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "trainer/feed/batch_feed.h"
#include "trainer/feed/mixing_draw.h"
#include "trainer/options/regularization_options.h"

namespace stoker {

class MixedFeed : public BatchFeed {
 public:
  MixedFeed(std::unique_ptr<BatchFeed> feed, const MixingOptions& options);

  uint64_t batches_from(uint64_t epoch, uint64_t position) const override {
    return feed_->batches_from(epoch, position);
  }
  void start_epoch(uint64_t epoch, uint64_t position) override;
  DeviceBatch next() override;
  std::vector<SkippedSample> skipped() const override { return feed_->skipped(); }
  StageTimes times() const override { return feed_->times(); }

 private:
  const std::unique_ptr<BatchFeed> feed_;
  const MixingOptions options_;
  uint64_t epoch_ = 0;
};

// The feed itself where nothing is to be mixed. `seed`: of the run.
std::unique_ptr<BatchFeed> with_mixing(std::unique_ptr<BatchFeed> feed,
                                       const RegularizationOptions& options, uint64_t seed);

// Images [N, C, y, x] and their classes with their partners', in the images' memory layout.
void mix(const MixingDraw& draw, DeviceBatch& batch);

}  // namespace stoker
