// What is remarkable about the labels and the images of a packed volume data set: shares of the
// classes, volumes without surface or with nothing but ignored voxels, margins of zeros.
//
// Read from the headers and indexes of the shards, so that it costs nothing and says the same after
// a resumed run, a part, or a merge. Thread-safety: free functions. Errors: those of opening
// shards.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "libdata/shard/manifest.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

struct VolumeQuality {
  std::string name;
  std::string split;
  int64_t scroll = 0;
  Zyx size_zyx{0, 0, 0};
  bool has_label = false;
  std::array<uint64_t, 3> label_counts{0, 0, 0};  // voxels of value 0, 1, 2
  std::array<int32_t, 6> nonzero_box{};           // begin z, y, x, end z, y, x

  bool has_no_surface() const { return has_label && label_counts[1] == 0; }
  bool has_only_ignored() const { return has_label && label_counts[0] + label_counts[1] == 0; }
  bool is_empty() const { return nonzero_box[3] == 0; }  // every voxel of the image is 0
  int64_t margin(size_t axis) const;                     // of zeros, the wider of the two ends
};

// Every volume of the manifest's shards, in their order. The shards lie in `folder`.
std::vector<VolumeQuality> volume_quality(const std::filesystem::path& folder,
                                          const Manifest& manifest);

// Warns of a split without a single labelled voxel: nothing can be learnt from it, or scored on it.
void print_quality(const std::vector<VolumeQuality>& volumes);
void print_quality(const std::filesystem::path& folder);  // of a whole data set
nlohmann::ordered_json quality_json(const std::vector<VolumeQuality>& volumes);

}  // namespace stoker
