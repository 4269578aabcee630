// Images made up of noise, with classes: what a step costs when no loader feeds it (--fake-data).
//
// Two batches are drawn from the seed when the first is asked for, stay on the device, and come in
// turn for ever; nothing is drawn from LibTorch's own generators. One thread.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "trainer/feed/batch_feed.h"

namespace stoker {

struct FakeImages {
  int64_t batch_size = 1;
  int64_t channels = 3;
  int64_t crop = 224;
  int64_t classes = 1000;
  uint64_t batches = 100;  // of an epoch
  uint64_t seed = 0;
};

class FakeFeed : public BatchFeed {
 public:
  FakeFeed(const FakeImages& images, const torch::Device& device)
      : images_(images), device_(device) {}

  uint64_t batches_from(uint64_t epoch, uint64_t position) const override;
  void start_epoch(uint64_t epoch, uint64_t position) override;
  // Input float [N, C, crop, crop] in channels_last, of mean 0 and deviation 1; target int64 [N].
  DeviceBatch next() override;

 private:
  void make_batches();

  const FakeImages images_;
  const torch::Device device_;
  std::vector<DeviceBatch> made_;
  uint64_t step_ = 0;  // of the epoch
};

}  // namespace stoker
