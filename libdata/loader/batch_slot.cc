#include "libdata/loader/batch_slot.h"

#include <algorithm>
#include <cstring>

namespace stoker {
namespace {

constexpr size_t kAlignment = 64;

size_t round_up(size_t value, size_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

size_t crop_bytes(const ImageLoaderOptions& options) {
  return static_cast<size_t>(options.crop * options.crop * static_cast<int64_t>(options.channels));
}

size_t max_ragged_bytes(const ImageLoaderOptions& options) {
  const size_t asked = options.max_ragged_image_bytes == 0 ? 4 * crop_bytes(options)
                                                           : options.max_ragged_image_bytes;
  return round_up(std::max(asked, crop_bytes(options)), kAlignment);
}

size_t batch_buffer_bytes(const ImageLoaderOptions& options) {
  const size_t batch = static_cast<size_t>(options.batch_size);
  return options.delivery == Delivery::kCrops ? round_up(batch * crop_bytes(options), kAlignment)
                                              : batch * max_ragged_bytes(options);
}

BatchSlot::BatchSlot(const ImageLoaderOptions& options, size_t buffer_bytes)
    : options_(&options), memory_(options.buffers, buffer_bytes) {
  const size_t batch = static_cast<size_t>(options.batch_size);
  labels_.resize(batch);
  sample_ids_.resize(batch);
  if (options.delivery == Delivery::kRagged) {
    images_.resize(batch);
    plans_.resize(batch);
  }
}

void BatchSlot::open(uint64_t epoch, uint64_t step, uint64_t position_after, int64_t count,
                     int64_t padding) {
  batch_ = ImageBatch{};
  batch_.epoch = epoch;
  batch_.step = step;
  batch_.position_after = position_after;
  batch_.count = count;
  batch_.padding = padding;
  batch_.crop = options_->crop;
  batch_.channels = static_cast<int64_t>(options_->channels);
  used_bytes_ = 0;
  failures_.clear();
}

void BatchSlot::place_image(int64_t index, const RaggedPlan& plan) {
  plans_[static_cast<size_t>(index)] = plan;
  const int64_t crop = batch_.crop;
  const PixelRegion region = plan.is_crop ? PixelRegion{0, 0, crop, crop} : plan.region;
  RaggedImage& image = images_[static_cast<size_t>(index)];
  image.offset_bytes = used_bytes_;
  image.height = static_cast<int32_t>(region.height);
  image.width = static_cast<int32_t>(region.width);
  if (plan.is_crop) {
    const double side = static_cast<double>(crop);
    image.box = {0, 0, side, side};
    image.flip = false;  // done already
  } else {
    const CropBox& box = plan.geometry.box;
    image.box = {box.top - static_cast<double>(region.top),
                 box.left - static_cast<double>(region.left), box.height, box.width};
    image.flip = plan.geometry.flip;
  }
  used_bytes_ +=
      round_up(static_cast<size_t>(region.height * region.width * batch_.channels), kAlignment);
}

uint8_t* BatchSlot::pixels(int64_t index) {
  return options_->delivery == Delivery::kRagged
             ? memory_.data() + images_[static_cast<size_t>(index)].offset_bytes
             : memory_.data() + static_cast<size_t>(index) * crop_bytes(*options_);
}

void BatchSlot::set_sample(int64_t index, uint64_t sample_id, int32_t label) {
  sample_ids_[static_cast<size_t>(index)] = sample_id;
  labels_[static_cast<size_t>(index)] = label;
}

void BatchSlot::fail(int64_t index, uint64_t sample_id, const Error& error) {
  const std::lock_guard lock(failing_);
  failures_.push_back({index, sample_id, error});
}

void BatchSlot::close() {
  std::sort(failures_.begin(), failures_.end(),
            [](const FailedSample& a, const FailedSample& b) { return a.index < b.index; });
  const int64_t real = batch_.count - batch_.padding;
  const bool ragged = options_->delivery == Delivery::kRagged;
  int64_t to = 0;
  auto failure = failures_.begin();
  for (int64_t from = 0; from < batch_.count; ++from) {
    if (failure != failures_.end() && failure->index == from) {
      ++failure;
      if (from >= real) --batch_.padding;
      continue;
    }
    if (to != from) {
      const size_t a = static_cast<size_t>(to);
      const size_t b = static_cast<size_t>(from);
      labels_[a] = labels_[b];
      sample_ids_[a] = sample_ids_[b];
      if (ragged)
        images_[a] = images_[b];
      else
        std::memcpy(pixels(to), pixels(from), crop_bytes(*options_));
    }
    ++to;
  }
  batch_.count = to;
  const size_t count = static_cast<size_t>(to);
  batch_.pixels = {memory_.data(), ragged ? used_bytes_ : count * crop_bytes(*options_)};
  batch_.labels = {labels_.data(), count};
  batch_.sample_ids = {sample_ids_.data(), count};
  if (ragged) batch_.images = {images_.data(), count};
}

}  // namespace stoker
