// A tree with one folder per class: extracted ImageNet train/, valprep'd val/, Imagenette, MedNIST.
//
// As torchvision's ImageFolder reads it: classes are the sorted sub-folders of the root, their
// folders are walked to any depth, symbolic links are followed, and a file is an image if its
// extension says so. Items are named "n01440764/n01440764_10026.JPEG", by class and then by name.
// Classes are walked in parallel. Other files, hidden files and broken links become notes; so does
// an empty class, which keeps its index (torchvision refuses it). Errors: NotFound, Io.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/tar.h"
#include "libdata/core/arrays.h"

namespace stoker {

SourceListing list_image_folder(const std::filesystem::path& root);

// The same tree inside a tar, read in place. `root` is the folder inside the archive that holds the
// class folders, without slashes at its ends; empty for the archive's top. Items are by class, and
// within a class in the archive's order. Symbolic links inside an archive become notes.
SourceListing list_image_folder_in_tar(const std::filesystem::path& archive,
                                       const std::vector<TarMember>& members,
                                       const std::string& root);

}  // namespace stoker
