#include "libdata/loader/patch_slot.h"

namespace stoker {
namespace {

size_t voxel_count(const Zyx& size_zyx) {
  return static_cast<size_t>(size_zyx[0] * size_zyx[1] * size_zyx[2]);
}

// Small arrays first.
PatchBlockOffsets lay_out(const PatchLoaderOptions& options, const PatchFields& fields,
                          size_t voxels, BlockLayout& layout) {
  const auto channels = static_cast<size_t>(fields.channels);
  const size_t element =
      options.input == PatchInput::kImage ? dtype_size(fields.input_dtype) : sizeof(uint16_t);
  PatchBlockOffsets offsets;
  offsets.factor = layout.add_rows(channels * sizeof(float));
  offsets.offset = layout.add_rows(channels * sizeof(float));
  offsets.places = layout.add_rows(sizeof(PatchPlace));
  offsets.input = layout.add_rows(voxels * channels * element);
  if (fields.label) offsets.label = layout.add_rows(voxels);
  if (fields.distance) offsets.distance = layout.add_rows(voxels);
  return offsets;
}

}  // namespace

size_t patch_block_bytes(const PatchLoaderOptions& options, const PatchFields& fields) {
  BlockLayout layout(options.batch_size);
  lay_out(options, fields, voxel_count(options.largest_patch_zyx), layout);
  return layout.end_bytes();
}

PatchSlot::PatchSlot(const PatchLoaderOptions& options, const PatchFields& fields)
    : options_(&options),
      fields_(&fields),
      block_(options.buffers, patch_block_bytes(options, fields)) {}

void PatchSlot::open(const BatchHeader& header, const Zyx& patch_zyx) {
  const auto count = static_cast<size_t>(header.count);
  const auto channels = static_cast<size_t>(fields_->channels);
  voxels_ = voxel_count(patch_zyx);
  BlockLayout layout(header.count);
  batch_ = PatchBatch{};
  batch_.patch_zyx = patch_zyx;
  batch_.channels = fields_->channels;
  batch_.block_offsets = lay_out(*options_, *fields_, voxels_, layout);
  block_.open(header, layout);
  const PatchBlockOffsets& at = batch_.block_offsets;
  const bool is_image = options_->input == PatchInput::kImage;
  const bool is_16_bit = fields_->input_dtype == DType::kUInt16;
  const size_t image = is_image ? count * voxels_ : 0;
  image_ = block_.values<uint8_t>(at.input, is_16_bit ? 0 : image);
  image16_ = block_.values<uint16_t>(at.input, is_16_bit ? image : 0);
  features_ = block_.values<uint16_t>(at.input, is_image ? 0 : count * channels * voxels_);
  label_ = block_.values<uint8_t>(at.label, fields_->label ? count * voxels_ : 0);
  distance_ = block_.values<uint8_t>(at.distance, fields_->distance ? count * voxels_ : 0);
  factor_ = block_.values<float>(at.factor, count * channels);
  offset_ = block_.values<float>(at.offset, count * channels);
  places_ = block_.values<PatchPlace>(at.places, count);
}

PatchTarget PatchSlot::target(int64_t index) {
  const auto i = static_cast<size_t>(index);
  const auto channels = static_cast<size_t>(fields_->channels);
  const auto part = [&](auto values, size_t size) {
    return values.empty() ? values : values.subspan(i * size, size);
  };
  PatchTarget target;
  target.image = part(image_, voxels_);
  target.image16 = part(image16_, voxels_);
  target.features = part(features_, voxels_ * channels);
  target.label = part(label_, voxels_);
  target.distance = part(distance_, voxels_);
  target.factor = part(factor_, channels);
  target.offset = part(offset_, channels);
  target.place = &places_[i];
  return target;
}

void PatchSlot::close(std::span<const int64_t> failed) {
  block_.close(failed);
  static_cast<BatchHeader&>(batch_) = block_.header();
  const auto count = static_cast<size_t>(batch_.count);
  const auto channels = static_cast<size_t>(fields_->channels);
  const auto kept = [&](auto values, size_t size) {
    return values.empty() ? values : values.first(count * size);
  };
  batch_.image = kept(image_, voxels_);
  batch_.image16 = kept(image16_, voxels_);
  batch_.features = kept(features_, voxels_ * channels);
  batch_.label = kept(label_, voxels_);
  const std::span<uint8_t> distance = kept(distance_, voxels_);
  batch_.distance = {reinterpret_cast<const int8_t*>(distance.data()), distance.size()};
  batch_.factor = factor_.first(count * channels);
  batch_.offset = offset_.first(count * channels);
  batch_.places = places_.first(count);
  batch_.block = block_.bytes();
}

}  // namespace stoker
