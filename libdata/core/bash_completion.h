// Completion of a program's command line for bash, from its option table: names of options, the
// choices of those that have some, and files everywhere else.
#pragma once

#include <string>

#include "libdata/core/option_table.h"

namespace stoker {

// A script to be sourced: a function and the `complete` that binds it to the program's name.
std::string bash_completion(const OptionTable& table);

}  // namespace stoker
