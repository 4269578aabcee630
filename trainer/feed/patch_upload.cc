#include "trainer/feed/patch_upload.h"

#include "trainer/feed/upload.h"
#include "trainer/tensors/device.h"

namespace stoker {
namespace {

// Values as stored, float. LibTorch 1.13 has no uint16: such voxels go as int16, and those past
// 32767, which come out as v - 65536, are put right on the device.
torch::Tensor upload_stored(const PatchBatch& patches, at::IntArrayRef shape,
                            const torch::Device& device) {
  if (!patches.image16.empty()) {
    return on_device(bytes_of(patches.image16), shape, torch::kInt16, device)
        .to(torch::kFloat32)
        .remainder_(65536.0);
  }
  if (!patches.features.empty()) {
    return on_device(bytes_of(patches.features), shape, torch::kFloat16, device)
        .to(torch::kFloat32);
  }
  return on_device(patches.image, shape, torch::kUInt8, device).to(torch::kFloat32);
}

}  // namespace

DeviceBatch upload_patches(const PatchBatch& patches, const torch::Device& device) {
  const auto [depth, height, width] = patches.patch_zyx;
  const std::vector<int64_t> shape{patches.count, patches.channels, depth, height, width};
  const auto per_channel = [&](std::span<const float> values) {
    return on_device(bytes_of(values), {patches.count, patches.channels, 1, 1, 1}, torch::kFloat32,
                     device);
  };
  DeviceBatch batch;
  batch.samples = patches.count;
  batch.padding = patches.padding;
  batch.input = upload_stored(patches, shape, device)
                    .mul_(per_channel(patches.factor))
                    .add_(per_channel(patches.offset))
                    .contiguous(volume_format(device));
  const std::vector<int64_t> one_channel{patches.count, depth, height, width};
  batch.target = copy_to_device(patches.label, one_channel, torch::kUInt8, device);
  if (!patches.distance.empty()) {
    batch.distance = copy_to_device(bytes_of(patches.distance), one_channel, torch::kInt8, device);
  }
  return batch;
}

}  // namespace stoker
