#include "trainer/feed/patch_feed.h"

#include "trainer/feed/device_feed.h"

namespace stoker {
namespace {

// Values as stored, float. LibTorch 1.13 has no uint16: such voxels go as int16, and those past
// 32767, which come out as v - 65536, are put right on the device.
torch::Tensor upload_stored(const PatchBatch& batch, at::IntArrayRef shape,
                            const torch::Device& device) {
  if (!batch.image16.empty()) {
    return copy_to_device(bytes_of(batch.image16), shape, torch::kInt16, device)
        .to(torch::kFloat32)
        .remainder_(65536.0);
  }
  if (!batch.features.empty()) {
    return copy_to_device(bytes_of(batch.features), shape, torch::kFloat16, device)
        .to(torch::kFloat32);
  }
  return copy_to_device(batch.image, shape, torch::kUInt8, device).to(torch::kFloat32);
}

}  // namespace

PatchTensors upload_patches(const PatchBatch& batch, const torch::Device& device) {
  const auto [depth, height, width] = batch.patch_zyx;
  const std::vector<int64_t> shape{batch.count, batch.channels, depth, height, width};
  const auto per_channel = [&](std::span<const float> values) {
    return copy_to_device(bytes_of(values), {batch.count, batch.channels, 1, 1, 1}, torch::kFloat32,
                          device);
  };
  PatchTensors tensors;
  tensors.input = upload_stored(batch, shape, device)
                      .mul_(per_channel(batch.factor))
                      .add_(per_channel(batch.offset))
                      .contiguous(volume_format(device));
  const std::vector<int64_t> one_channel{batch.count, depth, height, width};
  tensors.labels = copy_to_device(batch.label, one_channel, torch::kUInt8, device);
  if (!batch.distance.empty()) {
    tensors.distance = copy_to_device(bytes_of(batch.distance), one_channel, torch::kInt8, device);
  }
  return tensors;
}

}  // namespace stoker
