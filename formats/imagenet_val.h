// The ILSVRC2012 validation images: ILSVRC2012_img_val.tar or a flat folder of the 50,000 files.
//
// The files say nothing of their class, so labels come from elsewhere (imagenet_labels.h). Errors:
// Corrupt for a file that has no label. Labels without a file become one note: a subset was made on
// purpose, or files were lost.
#pragma once

#include "formats/imagenet_devkit.h"
#include "formats/listed_tree.h"
#include "formats/source_listing.h"

namespace stoker {

// Items are named without their folder and sorted. Images named otherwise become notes.
SourceListing list_imagenet_val(const ListedTree& tree, const ImagenetValLabels& labels);

}  // namespace stoker
