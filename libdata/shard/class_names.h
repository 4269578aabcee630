// Whether two data sets speak of the same classes, so that a label means the same in both.
//
// Names are compared in Unicode's composed form (unicode_form.h). Pure functions.
#pragma once

#include <string>
#include <vector>

namespace stoker {

struct NamedClasses {
  const std::vector<std::string>& names;  // in index order
  std::string where;                      // folder, for messages
};

// Throws InvalidArgument that names the first difference, in b's folder. Returns a line for each
// class whose two names are one in another Unicode form.
std::vector<std::string> check_same_classes(const NamedClasses& a, const NamedClasses& b);

}  // namespace stoker
