// Flags about folders and tars of images, given with a source that is neither.
//
// Thread-safety: pure function.
#pragma once

#include <string_view>

#include "formats/format.h"

namespace stoker {

// InvalidArgument where the request has one of them; `what` completes "--field says which ... is
// what".
void refuse_image_flags(const SourceRequest& request, std::string_view what);

}  // namespace stoker
