// Zarr stores: docs/formats/zarr.md says which are read, and what is written.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& zarr_format();

}  // namespace stoker
