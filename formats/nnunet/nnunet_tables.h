// The tables of an nnU-Net raw folder that is written: what its labels are called, how many cases
// there are, which are to validate on.
//
// Thread-safety: free functions. Errors: InvalidArgument for a label to ignore that nnU-Net would
// not take; those of reading labels.
#pragma once

#include <filesystem>
#include <string>

#include "libdata/sample/dataset_manifest.h"

namespace stoker {

// "Tr" or "Ts": where samples of a split lie. Without labels all are to be predicted.
const char* nnunet_place(const std::string& split, bool has_labels);

// nnU-Net ignores the highest label alone.
void check_ignored_label(const Manifest& manifest);

// Writes dataset.json and, where there is a split val, splits_final.json. Reads the labels written
// where nothing else says how many classes there are.
void write_nnunet_tables(const std::filesystem::path& folder, const Manifest& manifest,
                         const std::string& file_ending);

}  // namespace stoker
