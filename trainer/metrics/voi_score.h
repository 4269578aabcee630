// Variation of information between the connected components of two masks: how far the prediction
// splits what is one sheet, and merges what are two.
//
// Components are 26-connected. Only voxels in either mask count; there, the other mask's background
// is a component of its own. Thread-safety: free functions. Shapes: masks are z, y, x, x fastest;
// anything but 0 is foreground. Errors: InvalidArgument, as connected_components.
// Source: M. Meila, "Comparing clusterings - an information based distance", 2007; as
// scikit-image's variation_of_information.
#pragma once

#include <cstdint>
#include <span>

#include "libdata/volume/volume_geometry.h"

namespace stoker {

struct VariationOfInformation {
  double split_bits = 0.0;  // H(prediction | truth)
  double merge_bits = 0.0;  // H(truth | prediction)

  double total_bits() const { return split_bits + merge_bits; }
};

// Both masks empty: no information to lose, 0.
VariationOfInformation variation_of_information(const Zyx& size_zyx,
                                                std::span<const uint8_t> truth_zyx,
                                                std::span<const uint8_t> prediction_zyx);

// 1 / (1 + 0.3 VOI), 0..1: the score of the Vesuvius surface challenge.
double voi_score(const VariationOfInformation& voi);

}  // namespace stoker
