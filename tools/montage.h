// A picture of a data set: a grid of samples, evenly spaced through a split, with their names.
//
// Images are shown whole, fitted to the tile; volumes by their middle z slice, with label 1 in red
// and label 2 (ignored) in blue over it. Thread-safety: works on all threads. Errors: those of
// decoding; InvalidArgument for a data set without images and volumes.
#pragma once

#include "libdata/core/arrays.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

inline constexpr int64_t kMontageTile = 160;  // pixels a side
inline constexpr int64_t kMontageColumns = 6;
inline constexpr int64_t kMontageRows = 5;

Image draw_montage(const PackedDataset& dataset, const PackedSplit& split);

}  // namespace stoker
