// How --help looks, in every program: groups by theme, one line an option where it fits, choices as
// stop|skip, the default in parentheses where it says something.
//
//   begin_options(app, "Damage");
//   app.add_option(...);   // listed under "Damage:"
//
// The words after an option's name are its type_name: FILE, DIR, N ... Positional arguments stand
// first, without a theme.
#pragma once

#include <string>

#include "libdata/core/option_table.h"

namespace stoker {

// Everything declared from here on is listed under this theme.
void begin_options(CLI::App& app, const std::string& theme);

// Makes the application print its help this way. Before anything is declared.
void use_help_layout(CLI::App& app);

// What --help prints.
std::string help_text(const OptionTable& table);

}  // namespace stoker
