// Which volumes a folder of NIfTI files holds, and which are the labels of which.
//
//   images/ and labels/ (imagesTr and labelsTr, masks ... in any case of letters) with files of
//   equal names below them, CASE_0000 being CASE
//   otherwise any folders: X.nii.gz is a volume, X_seg, X_mask, X_label its label
//   folders named like splits above all this
// Hidden files are passed over. What has no partner is told of. Thread-safety: pure functions of
// the file system. Errors: NotFound, Io; Corrupt for two volumes of one name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/volume_cases.h"
#include "libdata/core/arrays.h"

namespace stoker {

struct CaseListing {
  std::vector<VolumeCase> cases;  // by split and name; `volumes` are image and, with labels, label
  std::vector<std::string> splits;
  std::vector<SampleNote> notes;
  bool has_labels = false;
};

// `labels` false: images alone, whatever labels there are. `split`: of sources that name none.
CaseListing list_nifti(const std::vector<std::filesystem::path>& inputs, bool labels,
                       const std::string& split);

// Whether a folder holds NIfTI files, at a few levels; looks at some thousand names at most.
bool holds_nifti(const std::filesystem::path& folder);

// Every file of this folder and below whose name is one of a NIfTI file, by its path without
// ending.
std::vector<std::pair<std::string, std::filesystem::path>> list_nifti_files(
    const std::filesystem::path& folder);

}  // namespace stoker
