#include "trainer/models/batch_norm_rule.h"

#include <fmt/format.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

int64_t half_up(int64_t side) {
  return (side + 1) / 2;
}

// The smallest crop whose smallest maps have this side.
int64_t crop_for(const std::string& model, int64_t map_side) {
  int64_t crop = 1;
  while (smallest_map_side(model, crop) < map_side)
    ++crop;
  return crop;
}

}  // namespace

int64_t smallest_map_side(const std::string& model, int64_t crop) {
  const int64_t quarter = half_up(half_up(crop));
  if (model == "densenet121") return quarter / 8;
  return half_up(half_up(half_up(quarter)));
}

int64_t smallest_batch(const std::string& model, int64_t crop) {
  return smallest_map_side(model, crop) > 1 ? 1 : 2;
}

void check_batches(const TrainOptions& options, uint64_t sample_count) {
  const int64_t crop = options.data.crop;
  if (crop > 0 && smallest_map_side(options.model, crop) == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--crop {} is too small for {}: expected {} or more", crop,
                            options.model, crop_for(options.model, 1)));
  }
  const bool one_sample = options.data.batch_size == 1 || sample_count == 1;
  if (!one_sample || smallest_batch(options.model, crop) == 1) return;
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("{} gives batches of one sample, and at --crop {} the last maps of {} are of one "
                  "pixel: its batch norms need two values or more. Give {}--crop {} or more",
                  options.data.batch_size == 1 ? "--batch-size 1" : "a data set of one sample",
                  crop, options.model, sample_count > 1 ? "--batch-size 2 or more, or " : "",
                  crop_for(options.model, 2)));
}

}  // namespace stoker
