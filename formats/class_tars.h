// One inner tar per class: ILSVRC2012_img_train.tar, read in place and never extracted, and the
// same tars lying in a folder after extracting only the outer one.
//
// The class of a member is the name of its tar (n01440764.tar); class indices are ranks of the
// sorted names, as in torchvision. Items are named "n01440764/n01440764_10026.JPEG" and keep the
// archives' order, so that reading them in turn is reading the disk in turn. Inner tars are listed
// in parallel. Errors: Corrupt for a damaged archive; with `skip_damaged` a damaged inner tar
// becomes a note instead, and the members before the damage are kept. Empty inner tars, hidden
// files and files that are no images become notes; their class keeps its index.
#pragma once

#include <filesystem>
#include <vector>

#include "formats/tar.h"
#include "libdata/core/arrays.h"

namespace stoker {

// `members` is what list_tar found in `archive`.
SourceListing list_nested_class_tars(const std::filesystem::path& archive,
                                     const std::vector<TarMember>& members, bool skip_damaged);

SourceListing list_separate_class_tars(const std::vector<std::filesystem::path>& archives,
                                       bool skip_damaged);

}  // namespace stoker
