// One batch as the network and the loss take it, on the device.
//
// Plain value: tensors own their memory, so a batch may wait, be changed (images mixed with each
// other) or be learnt from twice. Axes: N, C, then y, x or z, y, x.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace stoker {

struct DeviceBatch {
  torch::Tensor input;     // float [N, C, ...], normalised
  torch::Tensor target;    // classes: int64 [N]; volumes: uint8 [N, z, y, x], 0, 1, 2 (ignore)
  torch::Tensor distance;  // int8 [N, z, y, x], voxels to the surface; undefined if not asked for
  // Of images that are mixed with others of the batch (mixed_feed.h): the others' classes, int64
  // [N]; undefined where nothing is mixed. `target` counts by own_share, they by what is left of 1.
  torch::Tensor partner_target;
  double own_share = 1.0;
  // Of images: which sample of the split each is; empty where the feed does not know.
  std::vector<uint64_t> sample_ids;
  // Of what there is to learn from, padding included. 0: tensors are undefined.
  int64_t samples = 0;
  int64_t padding = 0;          // of these, the last ones: repeated, and counted nowhere
  int64_t samples_read = 0;     // by the loader; more than `samples` where they can teach nothing
  uint64_t position_after = 0;  // of the epoch, once this batch has been used (epoch_order.h)
};

}  // namespace stoker
