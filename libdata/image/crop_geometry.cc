#include "libdata/image/crop_geometry.h"

#include <cmath>
#include <string>

#include "libdata/core/error.h"

namespace stoker {
namespace {

CropBox center_box(ImageSize image, int64_t height, int64_t width) {
  return {static_cast<double>((image.height - height) / 2),
          static_cast<double>((image.width - width) / 2), static_cast<double>(height),
          static_cast<double>(width)};
}

CropBox fallback_box(ImageSize image, const RandomResizedCrop& parameters) {
  const double height = static_cast<double>(image.height);
  const double width = static_cast<double>(image.width);
  if (width / height < parameters.min_ratio)
    return center_box(image, std::llrint(width / parameters.min_ratio), image.width);
  if (width / height > parameters.max_ratio)
    return center_box(image, image.height, std::llrint(height * parameters.max_ratio));
  return center_box(image, image.height, image.width);
}

}  // namespace

CropBox random_resized_crop(ImageSize image, const RandomResizedCrop& parameters,
                            RandomStream& stream) {
  const double area = static_cast<double>(image.height * image.width);
  const double min_log_ratio = std::log(parameters.min_ratio);
  const double max_log_ratio = std::log(parameters.max_ratio);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * stream.next_uniform(parameters.min_scale, parameters.max_scale);
    const double ratio = std::exp(stream.next_uniform(min_log_ratio, max_log_ratio));
    const int64_t width = std::llrint(std::sqrt(target * ratio));
    const int64_t height = std::llrint(std::sqrt(target / ratio));
    if (width < 1 || width > image.width || height < 1 || height > image.height) continue;
    const uint64_t top = stream.next_below(static_cast<uint64_t>(image.height - height + 1));
    const uint64_t left = stream.next_below(static_cast<uint64_t>(image.width - width + 1));
    return {static_cast<double>(top), static_cast<double>(left), static_cast<double>(height),
            static_cast<double>(width)};
  }
  return fallback_box(image, parameters);
}

// torchvision rounds: the longer side of Resize down, the offset of CenterCrop to nearest even.
CropBox resize_center_crop(ImageSize image, int64_t resize_short, int64_t crop) {
  if (crop < 1 || resize_short < crop)
    throw Error(ErrorCode::kInvalidArgument,
                "expected a crop of 1 to " + std::to_string(resize_short) +
                    " pixels (the resized shorter side), found " + std::to_string(crop));
  const bool tall = image.height > image.width;
  const int64_t resized_long =
      resize_short * std::max(image.height, image.width) / std::min(image.height, image.width);
  const int64_t resized_height = tall ? resized_long : resize_short;
  const int64_t resized_width = tall ? resize_short : resized_long;
  const double scale_y = static_cast<double>(image.height) / static_cast<double>(resized_height);
  const double scale_x = static_cast<double>(image.width) / static_cast<double>(resized_width);
  const double top = std::nearbyint(static_cast<double>(resized_height - crop) / 2);
  const double left = std::nearbyint(static_cast<double>(resized_width - crop) / 2);
  const double side = static_cast<double>(crop);
  return {top * scale_y, left * scale_x, side * scale_y, side * scale_x};
}

}  // namespace stoker
