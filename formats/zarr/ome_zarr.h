// What OME-Zarr's attributes say of a group: an image in several resolutions, or labels.
//
// Read: versions 0.1 to 0.5 (from 0.5 on under "ome"). Thread-safety: pure functions. Errors:
// Corrupt where "multiscales" is there and makes no sense. Source: the OME-NGFF specifications.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/volume_geometry_fields.h"
#include "libdata/core/arrays.h"

namespace stoker {

struct OmeImage {
  std::string path;               // of the array of the highest resolution, below the group
  std::vector<std::string> axes;  // one letter each: "t", "c", "z", "y", "x"; empty: not said
  VolumeGeometry geometry;        // millimetres; the affine scales and shifts alone
};

// Nothing where the group is no image.
std::optional<OmeImage> parse_ome_image(std::string_view attributes);
// The names of a labels group; none where it is no such group.
std::vector<std::string> parse_ome_labels(std::string_view attributes);

// The attributes of an image of three axes or four (channels first) in one resolution, "0".
std::string ome_image_attributes(const std::string& name, bool channels,
                                 const VolumeGeometry& geometry, bool is_label,
                                 const std::string& own_json);
std::string ome_labels_attributes(const std::vector<std::string>& names);

}  // namespace stoker
