// Flags with their values as text, in order.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace stoker {

using OptionList = std::vector<std::pair<std::string, std::string>>;

}  // namespace stoker
