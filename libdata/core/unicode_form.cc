#include "libdata/core/unicode_form.h"

#ifdef STOKER_HAVE_UTF8PROC
#include <utf8proc.h>

#include <cstdlib>
#include <memory>
#endif

namespace stoker {

#ifdef STOKER_HAVE_UTF8PROC

bool unicode_forms_known() {
  return true;
}

std::string composed_form(std::string_view text) {
  utf8proc_uint8_t* composed = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &composed, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(composed, &std::free);
  if (size < 0) return std::string(text);
  return std::string(reinterpret_cast<const char*>(composed), static_cast<size_t>(size));
}

#else

bool unicode_forms_known() {
  return false;
}

std::string composed_form(std::string_view text) {
  return std::string(text);
}

#endif

}  // namespace stoker
