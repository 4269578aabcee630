#include "libdata/loader/patch_loader_options.h"

#include <fmt/format.h>

#include "libdata/core/error.h"
#include "libdata/loader/ring_options.h"

namespace stoker {

PatchInput parse_patch_input(std::string_view text) {
  if (text == "image") return PatchInput::kImage;
  if (text == "stored") return PatchInput::kStoredFeatures;
  if (text == "computed") return PatchInput::kComputedFeatures;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("expected image, stored or computed, found {}", text));
}

PatchLoaderOptions check_loader_options(PatchLoaderOptions options) {
  const auto require = [](bool holds, const char* expected) {
    if (holds) return;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("patch loader: expected {}", expected));
  };
  require(options.batch_size >= 1 && options.batch_size <= 1 << 16, "a batch size of 1 to 65536");
  check_ring_options("patch loader", ring_options(options));
  for (size_t axis = 0; axis < 3; ++axis) {
    int64_t& largest = options.largest_patch_zyx[axis];
    const int64_t side = options.sampling.patch_zyx[axis];
    if (largest == 0) {
      largest = side;  // the sampler says what a patch may be
      continue;
    }
    require(largest >= side && largest <= 4096,
            "a largest patch from the patch to 4096 voxels along each axis");
  }
  // Patches are small reads wherever they lie: a window would change nothing.
  if (options.order == SampleOrder::kWindow) options.order = SampleOrder::kRandom;
  return options;
}

}  // namespace stoker
