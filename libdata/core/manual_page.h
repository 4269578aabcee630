// The manual page of a program, section 1, from its option table: in roff with the man macros, as
// `man` reads it. The same table and version give the same bytes; there is no date in it.
#pragma once

#include <string>

#include "libdata/core/option_table.h"

namespace stoker {

std::string manual_page(const OptionTable& table, const std::string& version);

}  // namespace stoker
