// The worst and best samples of a validation as part of report.html.
//
// Pure function.
#pragma once

#include <cstdint>
#include <string>

#include "trainer/report/sample_gallery.h"

namespace stoker {

// Two cards, of the worst and of the best: pictures in a grid, or a table where there is none.
// Empty where there is no sample.
std::string gallery_cards(const SampleGallery& gallery, uint64_t epoch);

}  // namespace stoker
