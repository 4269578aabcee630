// What `--input PATH...` of pack-imagenet means: looks at each path and lists what it holds.
//
//   ILSVRC2012_img_train.tar           a tar of tars, one a class
//   a folder of nXXXXXXXX.tar          the same, outer tar extracted
//   ILSVRC2012_img_val.tar             flat, needs `devkit`
//   a flat folder of val JPEGs         the same
//   Hugging Face's flat ImageNet       a WordNet id in every file's name
//   a tree with a folder per class     train/, valprep'd val/, MedNIST
//   the same tree inside a tar         imagenette2.tar/imagenette2/train
//   an archive inside a tar            outer.tar/train.tar, outer.tar/sub/train.tar/train
// One rule reads them all (listing_rule.h), so that a folder and any tar of it list alike: the same
// classes, labels, names, order and notes.
//
// Several paths are joined: their classes are united by name and numbered in sorted order. With a
// devkit the classes are always the devkit's, so that a train archive with some classes missing
// still agrees with validation. Names are unique in the result.
//
// Thread-safety: one call at a time. Errors: InvalidArgument for a path that is none of the above
// or that leaves a choice, saying what was looked for; Corrupt for a damaged archive; NotFound;
// Unsupported for a compressed tar, which cannot be read in place.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "formats/source_listing.h"

namespace stoker {

struct ImageSourceOptions {
  // The devkit, valprep.sh or LOC_val_solution.csv: see imagenet_labels.h.
  std::optional<std::filesystem::path> devkit;
  // A damaged inner tar becomes a note, its members before the damage are kept; so does an image
  // whose hard link leads nowhere (--on-error skip).
  bool skip_damaged = false;
  // Where classes stand: empty (look), "folder" (the first below the root, whatever its name),
  // "filename" (WordNet ids), or a table, FILE.csv or FILE.csv:COLUMN (class_table.h).
  std::string class_from = {};
  std::vector<std::string> exclude = {};  // left_out_names.h
  std::string split = {};                 // of all, whatever the sources say
};

// `listing.archives` are the paths as given. Each has the split that it says: "val" for ImageNet's
// validation images, else that of the folder which was entered ("imagenette2/val", the innermost
// part first), else of the path's last name ("valid" is "val"); where none says one, all are
// "train". InvalidArgument where one says none beside others that do.
SourceListing list_image_source(const std::vector<std::filesystem::path>& paths,
                                const ImageSourceOptions& options);

}  // namespace stoker
