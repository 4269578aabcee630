#include "tools/volume_source.h"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "formats/tiff_volume.h"
#include "formats/vesuvius.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

constexpr size_t kWarnings = 5;

// From the directories of the images. A damaged image stays at 0: it takes no memory, and its
// error is told when its turn comes.
void bound_voxels(VolumeListing& listing) {
  run_parallel(listing.items.size(), [&](uint64_t i) {
    try {
      listing.items[i].voxel_bound = tiff_voxel_bound(listing.items[i].image);
    } catch (const Error&) {
      listing.items[i].voxel_bound = 0;
    }
  });
}

}  // namespace

VolumeListing list_volume_folder(const std::vector<std::string>& inputs) {
  if (inputs.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument, "expected one --input DIR");
  }
  VolumeListing listing = list_vesuvius(inputs.front());
  for (size_t i = 0; i < std::min(listing.notes.size(), kWarnings); ++i) {
    spdlog::warn("{}: {}", listing.notes[i].name, listing.notes[i].reason);
  }
  if (listing.notes.size() > kWarnings) {
    spdlog::warn("and {} more; the manifest lists all", listing.notes.size() - kWarnings);
  }
  if (listing.items.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected volumes, found none that train.csv lists",
                inputs.front());
  }
  bound_voxels(listing);
  return listing;
}

SourceEntry describe_folder(const std::string& folder) {
  // "x/." and "x/" are x; "." is the folder's own name.
  const std::filesystem::path path =
      (std::filesystem::absolute(folder) / "").lexically_normal().parent_path();
  return {path.filename().string(), 0};
}

}  // namespace stoker
