// What `--input PATH...` of pack-imagenet means: looks at each path and lists what it holds.
//
//   ILSVRC2012_img_train.tar           a tar of tars, one a class           class_tars.h
//   a folder of nXXXXXXXX.tar          the same, outer tar extracted
//   ILSVRC2012_img_val.tar             flat, needs `devkit`                 imagenet_val.h
//   a flat folder of val JPEGs         the same
//   a tree with a folder per class     train/, valprep'd val/, MedNIST      image_folder.h
//   the same tree inside a tar         imagenette2.tar/imagenette2/train    image_folder.h
// A path may go on inside a tar, as the last line shows, where a tar holds several such trees.
//
// Several paths are joined: their classes are united by name and numbered in sorted order. With a
// devkit the classes are always the devkit's, so that a train archive with some classes missing
// still agrees with validation. Names are unique in the result: of members of the same name in one
// tar the last counts, as it does for tar, and the others become notes.
//
// Thread-safety: one call at a time. Errors: InvalidArgument for a path that is none of the above,
// saying what was looked for; Corrupt for a damaged archive; NotFound; Unsupported for a compressed
// tar, which cannot be read in place.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

struct ImageSourceOptions {
  // The devkit, valprep.sh or LOC_val_solution.csv: see imagenet_labels.h.
  std::optional<std::filesystem::path> devkit;
  // A damaged inner tar becomes a note, its members before the damage are kept; so does an image
  // whose hard link leads nowhere (--on-error skip).
  bool skip_damaged = false;
};

// `listing.archives` are the paths as given.
SourceListing list_image_source(const std::vector<std::filesystem::path>& paths,
                                const ImageSourceOptions& options);

}  // namespace stoker
