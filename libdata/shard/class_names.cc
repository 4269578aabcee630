#include "libdata/shard/class_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdata/core/error.h"
#include "libdata/core/unicode_form.h"
#include "libdata/core/units.h"

namespace stoker {
namespace {

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 128; });
}

std::string form_of(const std::string& name) {
  return composed_form(name) == name ? "composed" : "decomposed";
}

[[noreturn]] void refuse(const std::string& difference, const std::string& where) {
  throw Error(ErrorCode::kInvalidArgument,
              difference + "; both must be packed from the same classes", where);
}

}  // namespace

std::vector<std::string> check_same_classes(const NamedClasses& a, const NamedClasses& b) {
  std::vector<std::string> notes;
  const size_t both = std::min(a.names.size(), b.names.size());
  for (size_t i = 0; i < both; ++i) {
    const std::string& name = a.names[i];
    const std::string& other = b.names[i];
    if (name == other) continue;
    if (composed_form(name) != composed_form(other)) {
      std::string difference =
          fmt::format("class {} is '{}' in {} and '{}' in {}", i, name, a.where, other, b.where);
      if (!unicode_forms_known() && !is_ascii(name) && !is_ascii(other)) {
        difference +=
            " (they may be one name in two Unicode forms: this program was built without "
            "libutf8proc and cannot tell)";
      }
      refuse(difference, b.where);
    }
    notes.push_back(fmt::format(
        "class {} '{}' is written {} in {} and {} in {} (Unicode forms of one name): taken as one",
        i, composed_form(name), form_of(name), a.where, form_of(other), b.where));
  }
  if (a.names.size() != b.names.size()) {
    refuse(fmt::format("{} has {}, {} has {}", a.where, counted(a.names.size(), "class"), b.where,
                       counted(b.names.size(), "class")),
           b.where);
  }
  return notes;
}

}  // namespace stoker
