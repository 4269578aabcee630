#include "libdata/loader/patch_slot.h"

#include <algorithm>
#include <cstring>

namespace stoker {
namespace {

constexpr size_t kAlignment = 64;

size_t rounded(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

size_t patch_voxels(const PatchLoaderOptions& options) {
  const Zyx& size = options.sampling.patch_zyx;
  return static_cast<size_t>(size[0] * size[1] * size[2]);
}

struct SlotSizes {
  size_t input = 0;
  size_t label = 0;
  size_t distance = 0;
};

SlotSizes slot_sizes(const PatchLoaderOptions& options, const PatchFields& fields) {
  const size_t voxels = patch_voxels(options) * static_cast<size_t>(options.batch_size);
  const size_t element =
      options.input == PatchInput::kImage ? dtype_size(fields.input_dtype) : sizeof(uint16_t);
  SlotSizes sizes;
  sizes.input = rounded(voxels * static_cast<size_t>(fields.channels) * element);
  sizes.label = fields.label ? rounded(voxels) : 0;
  sizes.distance = fields.distance ? rounded(voxels) : 0;
  return sizes;
}

template <typename Value>
void move_row(Value* values, size_t size, size_t from, size_t to) {
  std::memmove(values + to * size, values + from * size, size * sizeof(Value));
}

}  // namespace

size_t patch_slot_bytes(const PatchLoaderOptions& options, const PatchFields& fields) {
  const SlotSizes sizes = slot_sizes(options, fields);
  return sizes.input + sizes.label + sizes.distance;
}

PatchSlot::PatchSlot(const PatchLoaderOptions& options, const PatchFields& fields)
    : options_(&options),
      channels_(static_cast<size_t>(fields.channels)),
      voxels_(patch_voxels(options)),
      memory_(options.buffers, patch_slot_bytes(options, fields)) {
  const auto patches = static_cast<size_t>(options.batch_size);
  factor_.resize(patches * channels_);
  offset_.resize(patches * channels_);
  places_.resize(patches);
  const SlotSizes sizes = slot_sizes(options, fields);
  uint8_t* at = memory_.data();
  if (options.input == PatchInput::kImage && fields.input_dtype == DType::kUInt16) {
    image16_ = {reinterpret_cast<uint16_t*>(at), patches * voxels_};
  } else if (options.input == PatchInput::kImage) {
    image_ = {at, patches * voxels_};
  } else {
    features_ = {reinterpret_cast<uint16_t*>(at), patches * voxels_ * channels_};
  }
  at += sizes.input;
  if (fields.label) label_ = {at, patches * voxels_};
  at += sizes.label;
  if (fields.distance) distance_ = {at, patches * voxels_};
}

void PatchSlot::open(const PatchBatch& batch) {
  batch_ = batch;
  failures_.clear();
}

PatchTarget PatchSlot::target(int64_t index) {
  const auto i = static_cast<size_t>(index);
  const auto part = [&](auto values, size_t size) {
    return values.empty() ? values : values.subspan(i * size, size);
  };
  PatchTarget target;
  target.image = part(image_, voxels_);
  target.image16 = part(image16_, voxels_);
  target.features = part(features_, voxels_ * channels_);
  target.label = part(label_, voxels_);
  target.distance = part(distance_, voxels_);
  target.factor = part(std::span(factor_), channels_);
  target.offset = part(std::span(offset_), channels_);
  target.place = &places_[i];
  return target;
}

void PatchSlot::fail(int64_t index, uint64_t volume, const Error& error) {
  const std::lock_guard lock(failing_);
  failures_.push_back({index, volume, error});
}

void PatchSlot::drop(size_t from, size_t to) {
  if (!image_.empty()) move_row(image_.data(), voxels_, from, to);
  if (!image16_.empty()) move_row(image16_.data(), voxels_, from, to);
  if (!features_.empty()) move_row(features_.data(), voxels_ * channels_, from, to);
  if (!label_.empty()) move_row(label_.data(), voxels_, from, to);
  if (!distance_.empty()) move_row(distance_.data(), voxels_, from, to);
  move_row(factor_.data(), channels_, from, to);
  move_row(offset_.data(), channels_, from, to);
  places_[to] = places_[from];
}

void PatchSlot::close() {
  std::sort(failures_.begin(), failures_.end(),
            [](const FailedPatch& a, const FailedPatch& b) { return a.index < b.index; });
  size_t kept = 0;
  auto failed = failures_.begin();
  for (int64_t i = 0; i < batch_.count; ++i) {
    if (failed != failures_.end() && failed->index == i) {
      ++failed;
      continue;
    }
    if (kept != static_cast<size_t>(i)) drop(static_cast<size_t>(i), kept);
    ++kept;
  }
  const int64_t first_padding = batch_.count - batch_.padding;
  batch_.padding -= std::count_if(failures_.begin(), failures_.end(),
                                  [&](const FailedPatch& f) { return f.index >= first_padding; });
  batch_.count = static_cast<int64_t>(kept);
  batch_.patch_zyx = options_->sampling.patch_zyx;
  batch_.channels = static_cast<int64_t>(channels_);
  const auto part = [&](auto values, size_t size) {
    return values.empty() ? values : values.first(kept * size);
  };
  batch_.image = part(image_, voxels_);
  batch_.image16 = part(image16_, voxels_);
  batch_.features = part(features_, voxels_ * channels_);
  batch_.label = part(label_, voxels_);
  const std::span<uint8_t> distance = part(distance_, voxels_);
  batch_.distance = {reinterpret_cast<const int8_t*>(distance.data()), distance.size()};
  batch_.factor = std::span(factor_).first(kept * channels_);
  batch_.offset = std::span(offset_).first(kept * channels_);
  batch_.places = std::span(places_).first(kept);
}

}  // namespace stoker
