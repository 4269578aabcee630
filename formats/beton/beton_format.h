// .beton files of FFCV: read, not written. docs/formats/beton.md.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& beton_format();

}  // namespace stoker
