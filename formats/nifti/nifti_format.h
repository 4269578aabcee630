// NIfTI-1 and NIfTI-2: files, or folders of them. What is read: nifti_listing.h and nifti_file.h;
// what is written: nifti_output.h.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& nifti_format();

}  // namespace stoker
