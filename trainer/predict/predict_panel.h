// The picture of `predict --panel`: some slices of a volume, what the network saw of them and what
// it made of them. Columns: image, label (white: surface, gray: ignored) where there is one, the
// feature channels, probability, mask.
//
// One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "libdata/core/arrays.h"
#include "trainer/predict/predict_source.h"

namespace stoker {

// PNG. `probabilities` and `mask`: z, y, x of the volume.
Bytes draw_prediction(const SourceVolume& volume, const std::vector<float>& probabilities,
                      const std::vector<uint8_t>& mask);

}  // namespace stoker
