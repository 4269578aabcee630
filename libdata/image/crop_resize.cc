#include "libdata/image/crop_resize.h"

#include <algorithm>
#include <string>

#include "libdata/core/error.h"

namespace stoker {

void CropResizer::plan(ImageSize source, const CropBox& box, ImageSize target, int64_t channels,
                       bool flip) {
  if (channels != 1 && channels != 3)
    throw Error(ErrorCode::kInvalidArgument,
                "resize: expected 1 or 3 channels, found " + std::to_string(channels));
  const bool inside = box.height > 0 && box.width > 0 && box.top >= 0 && box.left >= 0 &&
                      box.top < static_cast<double>(source.height) &&
                      box.left < static_cast<double>(source.width);
  if (!inside || target.height < 1 || target.width < 1)
    throw Error(ErrorCode::kInvalidArgument,
                "resize: expected a box inside the image and a target of at least 1x1");
  target_ = target;
  channels_ = channels;
  vertical_.plan(box.top, box.height, source.height, target.height, kVerticalOne, false);
  horizontal_.plan(box.left, box.width, source.width, target.width, kHorizontalOne, flip);
  region_ = {vertical_.begin, horizontal_.begin, vertical_.end - vertical_.begin,
             horizontal_.end - horizontal_.begin};
  for (int32_t& first : horizontal_.first)
    first -= static_cast<int32_t>(region_.left);
  kernels_->prepare(horizontal_, channels, table_);
  row_.resize(static_cast<size_t>((region_.width + horizontal_.max_taps) * channels) + kRowSlack);
  row_pointers_.resize(static_cast<size_t>(vertical_.max_taps));
}

int64_t CropResizer::rows_ready(int64_t source_row) const {
  if (source_row >= vertical_.end) return target_.height;
  // Outputs need rows first..first + max_taps - 1 at most; `first` never decreases.
  const auto past = std::upper_bound(vertical_.first.begin(), vertical_.first.end(),
                                     source_row - vertical_.max_taps);
  return past - vertical_.first.begin();
}

void CropResizer::make_rows(const SourceRows& rows, int64_t begin, int64_t end, uint8_t* out) {
  const size_t count = static_cast<size_t>(region_.width * channels_);
  const auto vertical = vertical_.max_taps > kMaxFastTaps ? vertical_many : kernels_->vertical;
  for (int64_t y = begin; y < end; ++y) {
    const int64_t first = vertical_.first[static_cast<size_t>(y)];
    const uint16_t* weights = &vertical_.weights[static_cast<size_t>(y * vertical_.max_taps)];
    // Rows of weight 0 at the end may lie past the region: they are not there to be read.
    int32_t taps = vertical_.max_taps;
    while (taps > 1 && weights[taps - 1] == 0)
      --taps;
    int64_t place = first % rows.ring_rows;
    for (int32_t k = 0; k < taps; ++k) {
      row_pointers_[static_cast<size_t>(k)] =
          rows.pixels + static_cast<size_t>(place) * rows.row_bytes;
      if (++place == rows.ring_rows) place = 0;
    }
    vertical(row_pointers_.data(), weights, taps, count, row_.data());
    kernels_->horizontal(row_.data(), table_, target_.width, channels_,
                         out + y * target_.width * channels_);
  }
}

void crop_and_resize(const Image& image, const CropBox& box, bool flip, ImageSize target,
                     CropResizer& resizer, uint8_t* out) {
  resizer.plan({image.height, image.width}, box, target, image.channels, flip);
  const SourceRows rows{image.pixels.data() + resizer.region().left * image.channels,
                        static_cast<size_t>(image.width * image.channels), image.height};
  resizer.make_rows(rows, 0, target.height, out);
}

}  // namespace stoker
