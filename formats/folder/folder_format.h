// Folders as people have them: one folder a class (and tars of such folders), or volumes in the
// challenge layout. What is read: image_source.h and vesuvius.h; what is written: image_folder.h.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& folder_format();

}  // namespace stoker
