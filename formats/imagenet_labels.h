// Labels for ILSVRC2012 validation images, from whichever file the user has (--devkit).
//
// Taken, and told apart by content:
//   - ILSVRC2012_devkit_t12.tar.gz (any compression libarchive knows), or the folder it extracts
//   to;
//   - valprep.sh, by its own lines "mv ILSVRC2012_val_00000293.JPEG n01440764/";
//   - LOC_val_solution.csv of Kaggle's ImageNet challenge (ImageId,PredictionString; the first word
//     of the prediction is the wnid), or a folder that holds it.
// The classes are all leaves of the devkit's meta.mat; for valprep.sh all wnids in its mkdir and mv
// lines; for Kaggle those of LOC_synset_mapping.txt beside the CSV, or, without it, of the CSV.
// Errors: InvalidArgument where the file is none of these, Corrupt where it is a damaged one.
#pragma once

#include <filesystem>
#include <string_view>

#include "formats/imagenet_devkit.h"

namespace stoker {

ImagenetValLabels read_imagenet_val_labels(const std::filesystem::path& file_or_folder);

ImagenetValLabels parse_valprep(std::string_view script);
// `synset_mapping`: text of LOC_synset_mapping.txt, or empty.
ImagenetValLabels parse_kaggle_solution(std::string_view csv, std::string_view synset_mapping);

}  // namespace stoker
