#include "libdata/loader/image_slot.h"

#include <algorithm>

namespace stoker {
namespace {

ImageBlockOffsets lay_out(const ImageLoaderOptions& options, int64_t crop, BlockLayout& layout) {
  ImageBlockOffsets offsets;
  offsets.sample_ids = layout.add_rows(sizeof(uint64_t));
  offsets.labels = layout.add_rows(sizeof(int32_t));
  if (options.delivery == Delivery::kRagged) {
    offsets.images = layout.add_rows(sizeof(RaggedImage));
    offsets.pixels = layout.end_bytes();  // of no known size
  } else {
    offsets.pixels = layout.add_rows(crop_bytes(options, crop));
  }
  return offsets;
}

size_t block_bytes(const ImageLoaderOptions& options, const ImageBatchSize& size) {
  BlockLayout layout(size.batch_size);
  lay_out(options, size.crop, layout);
  if (options.delivery != Delivery::kRagged) return layout.end_bytes();
  return layout.end_bytes() +
         static_cast<size_t>(size.batch_size) * max_ragged_bytes(options, size.crop);
}

}  // namespace

size_t crop_bytes(const ImageLoaderOptions& options, int64_t crop) {
  return static_cast<size_t>(crop * crop * static_cast<int64_t>(options.channels));
}

size_t max_ragged_bytes(const ImageLoaderOptions& options, int64_t crop) {
  const size_t whole_crop = crop_bytes(options, crop);
  const size_t asked =
      options.max_ragged_image_bytes == 0 ? 4 * whole_crop : options.max_ragged_image_bytes;
  return round_up_to_alignment(std::max(asked, whole_crop));
}

size_t image_block_bytes(const ImageLoaderOptions& options) {
  size_t largest = 0;
  for (const ImageBatchSize& size : all_sizes(options))
    largest = std::max(largest, block_bytes(options, size));
  return largest;
}

ImageSlot::ImageSlot(const ImageLoaderOptions& options)
    : options_(&options), block_(options.buffers, image_block_bytes(options)) {
  if (options.delivery != Delivery::kRagged) return;
  for (const ImageBatchSize& size : all_sizes(options))
    plans_.resize(std::max(plans_.size(), static_cast<size_t>(size.batch_size)));
}

void ImageSlot::open(const BatchHeader& header, int64_t crop) {
  const auto count = static_cast<size_t>(header.count);
  BlockLayout layout(header.count);
  batch_ = ImageBatch{};
  batch_.crop = crop;
  batch_.channels = static_cast<int64_t>(options_->channels);
  batch_.block_offsets = lay_out(*options_, crop, layout);
  block_.open(header, layout);
  const ImageBlockOffsets& at = batch_.block_offsets;
  sample_ids_ = block_.values<uint64_t>(at.sample_ids, count);
  labels_ = block_.values<int32_t>(at.labels, count);
  const bool ragged = options_->delivery == Delivery::kRagged;
  images_ = block_.values<RaggedImage>(at.images, ragged ? count : 0);
  pixels_ = block_.values<uint8_t>(at.pixels, ragged ? 0 : count * crop_bytes(*options_, crop));
  ragged_bytes_ = 0;
}

void ImageSlot::place_image(int64_t index, const RaggedPlan& plan) {
  plans_[static_cast<size_t>(index)] = plan;
  const int64_t crop = batch_.crop;
  const PixelRegion region = plan.is_crop ? PixelRegion{0, 0, crop, crop} : plan.region;
  RaggedImage image;
  image.offset_bytes = ragged_bytes_;
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
  images_[static_cast<size_t>(index)] = image;
  ragged_bytes_ +=
      round_up_to_alignment(static_cast<uint64_t>(region.height * region.width * batch_.channels));
  pixels_ = block_.values<uint8_t>(batch_.block_offsets.pixels, ragged_bytes_);
}

uint8_t* ImageSlot::pixels(int64_t index) {
  const auto i = static_cast<size_t>(index);
  return pixels_.data() +
         (images_.empty() ? i * crop_bytes(*options_, batch_.crop) : images_[i].offset_bytes);
}

void ImageSlot::set_sample(int64_t index, uint64_t sample_id, int32_t label) {
  sample_ids_[static_cast<size_t>(index)] = sample_id;
  labels_[static_cast<size_t>(index)] = label;
}

void ImageSlot::close(std::span<const int64_t> failed) {
  block_.close(failed, ragged_bytes_);
  static_cast<BatchHeader&>(batch_) = block_.header();
  const auto count = static_cast<size_t>(batch_.count);
  const bool ragged = options_->delivery == Delivery::kRagged;
  batch_.pixels = ragged ? pixels_ : pixels_.first(count * crop_bytes(*options_, batch_.crop));
  batch_.labels = labels_.first(count);
  batch_.sample_ids = sample_ids_.first(count);
  if (ragged) batch_.images = images_.first(count);
  batch_.block = block_.bytes();
}

}  // namespace stoker
