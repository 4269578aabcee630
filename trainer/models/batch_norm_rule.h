// How small a training batch and a crop may be for a classifier.
//
// A batch norm needs more than one value a channel in training: batch * height * width of its map.
// The last maps are the smallest, so the rule follows their side from the crop's: ResNets halve it
// five times, rounding up; DenseNet-121 halves it twice rounding up, then three times rounding
// down. Where that ends at 1 a batch needs two samples, where it ends at 0 the crop is too small.
// Plain functions.
#pragma once

#include <cstdint>
#include <string>

#include "trainer/options/train_options.h"

namespace stoker {

// Side of the smallest maps of a classifier (classifier.h) for a crop; 0: no map is left.
int64_t smallest_map_side(const std::string& model, int64_t crop);

// 1, or 2 where one sample is too little.
int64_t smallest_batch(const std::string& model, int64_t crop);

// InvalidArgument, with the way out, where the network cannot be trained on such crops, or on the
// batches that --batch-size and the number of training samples give. For settled options.
void check_batches(const TrainOptions& options, uint64_t sample_count);

}  // namespace stoker
