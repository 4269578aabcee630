#include "formats/volume_listing.h"

#include <filesystem>

#include "formats/tiff_volume.h"
#include "formats/vesuvius.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

// From the directories of the images. A damaged image stays at 0: it takes no memory, and its
// error is told when its turn comes.
void bound_voxels(VolumeListing& listing) {
  run_parallel(listing.items.size(), [&](uint64_t i) {
    try {
      const TiffBound bound = tiff_voxel_bound(listing.items[i].image);
      listing.items[i].voxel_bound = bound.voxels;
      listing.items[i].dtype = bound.dtype;
    } catch (const Error&) {
      listing.items[i].voxel_bound = 0;
    }
  });
}

bool has_one_page(const std::filesystem::path& file) {
  try {
    return open_tiff_volume(file).info.size_zyx[0] == 1;
  } catch (const Error&) {  // told of when its turn comes
    return false;
  }
}

// A folder of one-page files that are numbered through is one volume, not thousands.
void refuse_one_volume_of_slices(const std::filesystem::path& folder,
                                 const VolumeListing& listing) {
  constexpr size_t kFewest = 3;
  if (listing.items.size() < kFewest || listing.items.front().scroll >= 0) return;
  std::vector<std::filesystem::path> files;
  for (const VolumeItem& item : listing.items) {
    if (std::filesystem::is_directory(item.image)) return;
    files.push_back(item.image);
  }
  if (!has_one_page(files[0]) || !has_one_page(files[1]) || !has_one_page(files[2])) return;
  throw Error(ErrorCode::kInvalidArgument,
              "expected a volume a file, found files of one page; are they the slices of one "
              "volume? A folder is a volume then: give the folder above it",
              folder.string());
}

}  // namespace

VolumeListing list_volume_folder(const std::filesystem::path& folder,
                                 const VolumeFolderOptions& options) {
  VolumeListing listing = list_vesuvius(folder, options);
  if (listing.items.empty()) {
    throw Error(ErrorCode::kCorrupt,
                listing.notes.empty()
                    ? "expected volumes, found none"
                    : "expected volumes, found none that the table lists (" +
                          listing.notes.front().name + ": " + listing.notes.front().reason + ")",
                folder.string());
  }
  refuse_one_volume_of_slices(folder, listing);
  bound_voxels(listing);
  return listing;
}

}  // namespace stoker
