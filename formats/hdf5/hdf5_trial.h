// Whether libhdf5 survives a file. The library is written in C and trusts much of what it reads: on
// some damaged files it ends the process. What it makes of a file is therefore tried in a process
// of its own first.
//
// Precondition: no other thread is in the library meanwhile. Errors: Io where no process can be
// made.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace stoker {

// For each file why it must not be opened; empty where it may be, also where opening it would give
// a plain error. Listing a file of a million chunks takes a fraction of a second.
std::vector<std::string> try_hdf5_files(const std::vector<std::filesystem::path>& files);

}  // namespace stoker
