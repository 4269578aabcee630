// A Zarr array as volumes: its axes put in order.
//
// Thread-safety: free functions. Ownership: the array is shared.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "formats/zarr/zarr_array.h"

namespace stoker {

// An array with its axes put in order.
struct ZarrVolumeArray {
  StridedArray array;  // t, c, z, y, x
  std::vector<std::filesystem::path> files;
};

// One letter an axis, as version 3 names them, or as xarray does in version 2. None where z is not
// among them, or others than t, c, z, y and x are.
std::vector<std::string> named_axes(const ZarrArray& array);

// `axes` as OmeImage has them; empty: told by the rank. Unsupported for other axes than t, c, z, y
// and x.
ZarrVolumeArray as_volume(const std::shared_ptr<const ZarrArray>& array,
                          std::vector<std::string> axes);

}  // namespace stoker
