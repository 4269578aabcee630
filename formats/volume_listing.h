// What a source of labelled volumes holds, found without reading a voxel: the volumes' counterpart
// of SourceListing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

struct VolumeItem {
  std::string id;               // as the source spells it: digits, beyond 32 bits
  int64_t scroll = 0;           // the group a split must not cut through; -1: not known
  std::filesystem::path image;  // a file, or a folder of one-page files
  std::filesystem::path label;  // empty where the source has none
  uint64_t image_bytes = 0;     // on disk
  uint64_t label_bytes = 0;
  uint64_t voxel_bound = 0;  // the image has no more; 0: not asked, or its directories are damaged
  DType dtype = DType::kUInt8;  // of the image, where voxel_bound is known
};

struct VolumeListing {
  std::vector<VolumeItem> items;          // in the source's own order; those with an image
  std::vector<SampleNote> notes;          // ids without files, files without ids, what is left out
  std::vector<std::string> scroll_names;  // of scroll 0, 1 ...; empty where scrolls are numbers
  bool has_labels = true;                 // false: the source has none, or none were asked for
};

struct VolumeFolderOptions {
  bool labels = true;  // false: images alone, whatever labels there are
  std::string set;     // "train", "val", "test" ...; empty: train where train.csv is, else test
};

// Lists a folder as vesuvius.h says, and bounds the voxels of each volume by the directories of its
// image. Errors: as list_vesuvius; InvalidArgument where the folder is one volume's slices; Corrupt
// where it holds no volume.
VolumeListing list_volume_folder(const std::filesystem::path& folder,
                                 const VolumeFolderOptions& options = {});

}  // namespace stoker
