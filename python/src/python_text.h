// Bytes that are text as a rule (names, paths, messages) as Python's str.
#pragma once

#include <nanobind/nanobind.h>

#include <string_view>

namespace stoker {

// What is not UTF-8 comes as Python itself decodes file names, so that it goes back unchanged.
inline nanobind::str python_text(std::string_view bytes) {
  return nanobind::steal<nanobind::str>(
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "surrogateescape"));
}

}  // namespace stoker
