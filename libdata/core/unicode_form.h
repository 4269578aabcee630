// Names in Unicode's composed form (NFC), in which a letter with an accent is one code point
// however it was typed. macOS writes file names decomposed, others as they were typed, so that one
// class can have two spellings that look alike.
//
// Pure functions. Not supported where the program was built without libutf8proc: text stays as it
// is, and unicode_forms_known() says so. Source: Unicode Standard Annex 15.
#pragma once

#include <string>
#include <string_view>

namespace stoker {

bool unicode_forms_known();

// What is not UTF-8 is returned as it is.
std::string composed_form(std::string_view text);

}  // namespace stoker
