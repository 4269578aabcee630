// Folders of volumes: the layout of the Vesuvius "Surface Detection" challenge, and what people
// make of it.
//
//   train.csv (id,scroll_id), train_images/ID.tif, train_labels/ID.tif
//   test.csv, test_images/ID.tif; test_labels where it is there; likewise val, or any other set
//   without a table: images (images, imagesTr, volumes ...) and labels (labels, labelsTr, masks
//   ...) without labels: any of these, or TIFFs in the folder itself
// ID/ with one-page TIFFs is taken as well. In any case of letters.
//
// Reads names and sizes only. A listed id without an image is left out and noted (the real set has
// 20 of them), as is a file that no line lists, with a hint where the two differ by leading zeros;
// an id without a label stays, with an empty path. Thread-safety: pure function of the file system.
// Errors: NotFound (no table, no folder); Corrupt as scroll_table.h and volume_folder.h.
#pragma once

#include <filesystem>
#include <string>

#include "formats/scroll_table.h"
#include "formats/volume_listing.h"

namespace stoker {

// Ids keep the order of the table; without one, that of their names.
VolumeListing list_vesuvius(const std::filesystem::path& folder,
                            const VolumeFolderOptions& options = {});

}  // namespace stoker
