// What is told of sources before work begins, while there is time to stop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

// Warns of the first ten notes on stderr, then of how many more there are; the manifest lists all.
void warn_of_notes(const std::vector<SampleNote>& notes);

// Calls `list`, which reads the sources of a program that takes folders and tars alone. Its errors
// say what else an input is, where that is known, and which command reads it.
void list_sources(const std::vector<std::string>& inputs, const std::function<void()>& list);

}  // namespace stoker
