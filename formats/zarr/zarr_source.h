// Zarr stores as a source of samples: what list_zarr finds, or what --to zarr wrote.
//
// Thread-safety, errors: as SourceReader (stacked/stacked_reader.h).
#pragma once

#include <memory>

#include "formats/format.h"

namespace stoker {

std::unique_ptr<SourceReader> open_zarr_source(const SourceRequest& request);

}  // namespace stoker
