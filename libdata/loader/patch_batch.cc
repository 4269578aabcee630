#include "libdata/loader/patch_batch.h"

#include <fmt/format.h>

#include "libdata/core/error.h"
#include "libdata/core/half.h"

namespace stoker {

void standardize(const PatchBatch& batch, std::span<float> out) {
  const auto voxels =
      static_cast<size_t>(batch.patch_zyx[0] * batch.patch_zyx[1] * batch.patch_zyx[2]);
  const size_t planes = batch.factor.size();  // patches x channels
  if (out.size() != planes * voxels) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("standardize: {} floats for {} values", out.size(), planes * voxels));
  }
  const auto value_at = [&](size_t i) {
    if (!batch.image.empty()) return static_cast<float>(batch.image[i]);
    if (!batch.image16.empty()) return static_cast<float>(batch.image16[i]);
    return half_to_float(batch.features[i]);
  };
  for (size_t plane = 0; plane < planes; ++plane) {
    for (size_t i = plane * voxels; i < (plane + 1) * voxels; ++i)
      out[i] = value_at(i) * batch.factor[plane] + batch.offset[plane];
  }
}

}  // namespace stoker
