#include "trainer/feed/pixel_upload.h"

#include "trainer/feed/upload.h"

namespace stoker {

PixelUpload::PixelUpload(std::vector<double> mean, std::vector<double> std,
                         const torch::Device& device)
    : device_(device), channels_(static_cast<int64_t>(mean.size())) {
  // x * scale + shift: one multiplication and one addition a value.
  std::vector<double> scale(mean.size());
  std::vector<double> shift(mean.size());
  for (size_t c = 0; c < mean.size(); ++c) {
    scale[c] = 1.0 / (255.0 * std.at(c));
    shift[c] = -mean[c] / std.at(c);
  }
  scale_ = torch::tensor(scale, torch::kFloat32).to(device);
  shift_ = torch::tensor(shift, torch::kFloat32).to(device);
}

torch::Tensor PixelUpload::images(std::span<const uint8_t> pixels_nhwc, int64_t batch,
                                  int64_t height, int64_t width) const {
  const torch::Tensor bytes =
      on_device(pixels_nhwc, {batch, height, width, channels_}, torch::kUInt8, device_);
  const torch::Tensor values = bytes.to(torch::kFloat32).mul_(scale_).add_(shift_);
  // NHWC in memory seen as NCHW is channels_last; nothing is moved. With one channel the strides
  // are ambiguous, and are spelt out as channels_last.
  return values.permute({0, 3, 1, 2}).contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor PixelUpload::labels(std::span<const int32_t> labels) const {
  return on_device(bytes_of(labels), {static_cast<int64_t>(labels.size())}, torch::kInt32, device_)
      .to(torch::kInt64);
}

}  // namespace stoker
