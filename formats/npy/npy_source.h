// What `--input` of arrays means: which array is which field of which split.
//
//   train_images, x_train, val_y.npy, train/x.npy   the split in front or behind, the rest a field:
//                                                   "x", "images", "data" ... are image; "y",
//                                                   "labels", "targets" ... are label
//   images, y                                       no split: that of the .npz file's name, else
//                                                   --split, else train
//   a folder                                        its .npy and .npz files, and those of its
//                                                   sub-folders that are named like splits
//   a folder that convert-dataset wrote             fields, classes and names as they were
// Thread-safety: free functions. Errors: InvalidArgument where names or lengths leave a choice,
// naming it; as array_groups.h and stacked/stack_assembly.h.
#pragma once

#include <memory>
#include <string>

#include "formats/format.h"

namespace stoker {

std::unique_ptr<SourceReader> open_npy_source(const SourceRequest& request);

// Split and field that a name speaks of; either may be empty.
struct ArrayName {
  std::string split;
  std::string field;
};
ArrayName parse_array_name(const std::string& name);

// Beside written arrays: sample names, a line each, and class names, a JSON list.
inline constexpr const char* kNamesEnding = "_names.txt";
inline constexpr const char* kClassListName = "classes.json";

}  // namespace stoker
