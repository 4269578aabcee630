#include "formats/flat_file_names.h"

#include "formats/image_file_names.h"

namespace stoker {

std::string flat_file_name(const std::string& name) {
  std::string flat;
  for (const char c : safe_file_name(name)) {
    if (c == '/') {
      flat += "%2F";
    } else if (c == '%') {
      flat += "%25";
    } else {
      flat += c;
    }
  }
  return flat;
}

std::string name_of_flat_file(std::string_view file_name) {
  std::string name;
  for (size_t at = 0; at < file_name.size(); ++at) {
    const std::string_view code = file_name.substr(at, 3);
    if (code == "%2F" || code == "%25") {
      name += code == "%2F" ? '/' : '%';
      at += code.size() - 1;
    } else {
      name += file_name[at];
    }
  }
  return name;
}

}  // namespace stoker
