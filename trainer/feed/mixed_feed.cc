#include "trainer/feed/mixed_feed.h"

#include <utility>

namespace stoker {
namespace {

// [N, ...] moved on by `shift` places; by two copies, since torch.roll forgets the layout on a GPU.
torch::Tensor rolled(const torch::Tensor& values, int64_t shift) {
  const int64_t count = values.size(0);
  torch::Tensor moved = torch::empty_like(values);
  moved.narrow(0, shift, count - shift).copy_(values.narrow(0, 0, count - shift));
  moved.narrow(0, 0, shift).copy_(values.narrow(0, count - shift, shift));
  return moved;
}

torch::Tensor box_of(const torch::Tensor& images, const MixingDraw& draw) {
  return images.slice(2, draw.top, draw.bottom).slice(3, draw.left, draw.right);
}

}  // namespace

MixedFeed::MixedFeed(std::unique_ptr<BatchFeed> feed, const MixingOptions& options)
    : LayeredFeed(std::move(feed)), options_(options) {}

void MixedFeed::start_epoch(uint64_t epoch, uint64_t position) {
  epoch_ = epoch;
  LayeredFeed::start_epoch(epoch, position);
}

DeviceBatch MixedFeed::next() {
  DeviceBatch batch = LayeredFeed::next();
  if (batch.samples < 2) return batch;
  mix(draw_mixing(options_, epoch_, batch.position_after, batch.samples, batch.input.size(2),
                  batch.input.size(3)),
      batch);
  return batch;
}

void mix(const MixingDraw& draw, DeviceBatch& batch) {
  if (draw.kind == MixingDraw::Kind::kNone) return;
  const torch::NoGradGuard no_grad;
  torch::Tensor partners = rolled(batch.input, draw.shift);
  if (draw.kind == MixingDraw::Kind::kBlend) {
    batch.input = partners.mul_(1.0 - draw.own_share).add_(batch.input, draw.own_share);
  } else {
    const torch::Tensor own = batch.input;
    batch.input = own.clone();
    box_of(batch.input, draw).copy_(box_of(partners, draw));
  }
  batch.partner_target = rolled(batch.target, draw.shift);
  batch.own_share = draw.own_share;
}

std::unique_ptr<BatchFeed> with_mixing(std::unique_ptr<BatchFeed> feed,
                                       const RegularizationOptions& options, uint64_t seed) {
  if (!options.mixes()) return feed;
  return std::make_unique<MixedFeed>(
      std::move(feed),
      MixingOptions{options.mixup_alpha, options.cutmix_alpha, options.cutmix_prob, seed});
}

}  // namespace stoker
