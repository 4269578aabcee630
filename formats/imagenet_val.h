// The ILSVRC2012 validation images: ILSVRC2012_img_val.tar or a flat folder of the 50,000 files.
//
// The files say nothing of their class, so labels come from elsewhere (imagenet_labels.h). Items
// are sorted by name; the tar's own order is arbitrary. Errors: Corrupt for a file that has no
// label. Labels without a file become one note: a subset was made on purpose, or files were lost.
#pragma once

#include <filesystem>
#include <vector>

#include "formats/imagenet_devkit.h"
#include "formats/tar.h"
#include "libdata/core/arrays.h"

namespace stoker {

SourceListing list_imagenet_val_tar(const std::filesystem::path& archive,
                                    const std::vector<TarMember>& members,
                                    const ImagenetValLabels& labels);

SourceListing list_imagenet_val_folder(const std::filesystem::path& folder,
                                       const ImagenetValLabels& labels);

}  // namespace stoker
