// CIFAR-10 and CIFAR-100, in both forms that they are given out in.
//
//   data_batch_1.bin ... test_batch.bin   a label byte and 3,072 pixels a record; for CIFAR-100
//   train.bin test.bin                    two label bytes, coarse and fine
//   data_batch_1 ... test_batch           pickled dictionaries: data, labels (fine_labels,
//   train test                            coarse_labels), filenames
// Pixels are three planes of 32 x 32, red first. Class names stand beside, in batches.meta.txt,
// fine_label_names.txt and coarse_label_names.txt, or pickled in batches.meta and meta.
// Thread-safety: free functions. Errors: Corrupt with the path; of pickles as pickle_array.h.
// Source: cs.toronto.edu/~kriz/cifar.html.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/stacked/stack_assembly.h"

namespace stoker {

enum class CifarKind : uint8_t { kNone, kBinary, kPickle };

// What a file is by its name; its first byte tells pickles from what else has no extension.
CifarKind cifar_kind(const std::filesystem::path& path);
bool is_cifar_folder(const std::filesystem::path& folder);

// The arrays of a file: "images", "labels", of CIFAR-100 "coarse_label".
NamedStack open_cifar_binary(const std::filesystem::path& path);
NamedStack open_cifar_pickle(const std::filesystem::path& path, std::vector<std::string>& names);

struct CifarNames {
  std::vector<std::string> classes;  // of labels; empty where there is no list
  std::vector<std::string> coarse;
};
CifarNames read_cifar_names(const std::filesystem::path& folder);

}  // namespace stoker
