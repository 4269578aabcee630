// Which part of an image becomes a training or evaluation sample.
//
// Boxes are in pixel-edge coordinates of the stored image: (0, 0) is the outer corner of its first
// pixel, (height, width) that of its last. Random crops lie on whole pixels; the evaluation crop
// need not. Thread-safety: pure functions; what is drawn depends on the stream alone.
// Source: torchvision.transforms RandomResizedCrop.get_params, Resize, CenterCrop.
#pragma once

#include <cstdint>

#include "libdata/core/random.h"
#include "libdata/image/resize.h"

namespace stoker {

struct CropBox {
  double top = 0;
  double left = 0;
  double height = 0;
  double width = 0;
  bool operator==(const CropBox&) const = default;
};

// Whole pixels: rows top..top+height-1, columns left..left+width-1.
struct PixelRegion {
  int64_t top = 0;
  int64_t left = 0;
  int64_t height = 0;
  int64_t width = 0;
};

struct RandomResizedCrop {
  double min_scale = 0.08;  // share of the image's area
  double max_scale = 1.0;
  double min_ratio = 3.0 / 4.0;  // width / height, drawn uniformly in its logarithm
  double max_ratio = 4.0 / 3.0;
};

// Ten tries; then the largest centred box whose ratio is allowed.
CropBox random_resized_crop(ImageSize image, const RandomResizedCrop& parameters,
                            RandomStream& stream);

// Resize(resize_short) followed by CenterCrop(crop), as one box in the stored image that is then
// scaled to crop x crop. `resize_short` must be at least `crop` (InvalidArgument): no padding.
CropBox resize_center_crop(ImageSize image, int64_t resize_short, int64_t crop);

}  // namespace stoker
