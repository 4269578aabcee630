#include "trainer/predict/predict_panel.h"

#include "libdata/image/image_codec.h"
#include "libdata/volume/features.h"
#include "trainer/metrics/segmentation_scores.h"
#include "trainer/predict/volume_panel.h"

namespace stoker {
namespace {

constexpr int64_t kPanelSlices = 3;

// A view of one channel: two standard deviations each side of the mean, from black to white.
SliceView channel_view(const VolumeInput& input, int64_t channel) {
  return [&input, channel](int64_t z) {
    const torch::Tensor slice = input.voxels.select(0, channel).select(0, z).to(torch::kFloat32);
    const torch::Tensor scaled = (slice - slice.mean()) / (4.0 * slice.std(false) + 1e-6) + 0.5;
    const torch::Tensor gray = scaled.mul(255.0).clamp(0.0, 255.0).to(torch::kUInt8).contiguous();
    const auto* data = gray.data_ptr<uint8_t>();
    return Bytes(data, data + gray.numel());
  };
}

template <typename Voxel, typename ToGray>
SliceView voxel_view(const std::vector<Voxel>& voxels, const Zyx& size_zyx, ToGray to_gray) {
  return [&voxels, size_zyx, to_gray](int64_t z) {
    const int64_t slice = size_zyx[1] * size_zyx[2];
    Bytes gray(static_cast<size_t>(slice));
    for (int64_t i = 0; i < slice; ++i)
      gray[static_cast<size_t>(i)] =
          static_cast<uint8_t>(to_gray(voxels[static_cast<size_t>(z * slice + i)]));
    return gray;
  };
}

}  // namespace

Bytes draw_prediction(const SourceVolume& volume, const std::vector<float>& probabilities,
                      const std::vector<uint8_t>& mask) {
  const VolumeInput& input = volume.input;
  const Zyx& size = input.size_zyx;
  std::vector<PanelColumn> columns{{"image", channel_view(input, 0)}};
  if (!volume.labels.empty()) {
    columns.push_back({"label", voxel_view(volume.labels, size, [](uint8_t label) {
                         return label == kSurfaceLabel ? 255 : label == kIgnoreLabel ? 96 : 0;
                       })});
  }
  // The image is channel 0 itself: shown again, so that the six stand together.
  if (input.voxels.size(0) == kScroll6Channels) {
    for (int64_t c = 0; c < kScroll6Channels; ++c) {
      columns.push_back(
          {std::string(kScroll6Names[static_cast<size_t>(c)]), channel_view(input, c)});
    }
  }
  columns.push_back(
      {"probability", voxel_view(probabilities, size, [](float p) { return p * 255.0f; })});
  columns.push_back({"mask", voxel_view(mask, size, [](uint8_t inside) { return inside * 255; })});
  return encode_png(draw_panel(size, columns, spread_slices(size[0], kPanelSlices)));
}

}  // namespace stoker
