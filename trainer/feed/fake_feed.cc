#include "trainer/feed/fake_feed.h"

#include <ATen/CPUGeneratorImpl.h>

namespace stoker {
namespace {

constexpr uint64_t kBatchesMade = 2;

}  // namespace

uint64_t FakeFeed::batches_from(uint64_t, uint64_t position) const {
  const uint64_t passed = position / static_cast<uint64_t>(images_.batch_size);
  return passed < images_.batches ? images_.batches - passed : 0;
}

void FakeFeed::start_epoch(uint64_t, uint64_t position) {
  step_ = position / static_cast<uint64_t>(images_.batch_size);
}

DeviceBatch FakeFeed::next() {
  if (made_.empty()) make_batches();
  DeviceBatch batch = made_[step_ % kBatchesMade];
  batch.position_after = ++step_ * static_cast<uint64_t>(images_.batch_size);
  return batch;
}

void FakeFeed::make_batches() {
  at::Generator generator = at::detail::createCPUGenerator(images_.seed);
  const std::vector<int64_t> sizes{images_.batch_size, images_.channels, images_.crop,
                                   images_.crop};
  for (uint64_t i = 0; i < kBatchesMade; ++i) {
    DeviceBatch batch;
    batch.input =
        torch::randn(sizes, generator).to(device_).contiguous(torch::MemoryFormat::ChannelsLast);
    batch.target =
        torch::randint(images_.classes, {images_.batch_size}, generator, torch::kInt64).to(device_);
    batch.samples = batch.samples_read = images_.batch_size;
    made_.push_back(batch);
  }
}

}  // namespace stoker
