// The cases of an nnU-Net raw folder, found by the names of their files.
//
// Thread-safety: pure function of the file system. Errors: NotFound where there is no such folder;
// Unsupported for files that are no volumes (.png, .nrrd ...).
#pragma once

#include <filesystem>
#include <string>

#include "formats/nifti/nifti_listing.h"
#include "formats/nnunet/nnunet_dataset.h"

namespace stoker {

// imagesTr as split train, or val where splits_final.json says so; imagesTs as split test where its
// labels are there, where no labels are wanted, or where `split` asks for it; else it is noted.
// A case has a file a channel; one that is not there is listed all the same, and told of when the
// case is read.
CaseListing list_nnunet(const std::filesystem::path& folder, const NnunetDataset& dataset,
                        bool labels, const std::string& split);

}  // namespace stoker
