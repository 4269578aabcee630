// --filter EXPR: which samples are wanted.
//
//   EXPR        TERM, EXPR and EXPR, EXPR or EXPR, not EXPR, (EXPR)
//   TERM        KEY = VALUE    KEY != VALUE    KEY ~ GLOB    KEY in VALUE,VALUE...
//               label < 10     and <=, >, >=
//   KEY         name, split, class (its name), label (its number)
// "and" binds closer than "or". A value with spaces or parentheses stands in '...' or "...".
//
// Thread-safety: const after construction. Errors: InvalidArgument with the place in the text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "libdata/sample/source_reader.h"

namespace stoker {

// Whether an item of `source` is wanted; refers to it. InvalidArgument also where a class is asked
// for that the source does not have, or where it tells classes by reading samples only.
using SampleFilter = std::function<bool(uint64_t item)>;
SampleFilter parse_sample_filter(const std::string& text, const SourceReader& source);

}  // namespace stoker
