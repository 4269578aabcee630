// What a listing found odd about its sources, told while there is time to stop.
#pragma once

#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

// Warns of the first ten notes on stderr, then of how many more there are; the manifest lists all.
void warn_of_notes(const std::vector<SampleNote>& notes);

}  // namespace stoker
