// CIFAR-10 and CIFAR-100, in both forms that they are given out in.
//
//   data_batch_1.bin ... test_batch.bin   a label byte and 3,072 pixels a record; for CIFAR-100
//   train.bin test.bin                    two label bytes, coarse and fine
//   data_batch_1 ... test_batch           pickled dictionaries: data, labels (fine_labels,
//   train test                            coarse_labels), filenames
// Pixels are three planes of 32 x 32, red first. Class names stand beside, in batches.meta.txt,
// fine_label_names.txt and coarse_label_names.txt, or pickled in batches.meta and meta. All may lie
// in an archive (cifar_archive.h).
// Thread-safety: free functions. Errors: Corrupt with the path; of pickles as pickle_array.h.
// Source: cs.toronto.edu/~kriz/cifar.html.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "formats/stacked/stack_assembly.h"

namespace stoker {

enum class CifarKind : uint8_t { kNone, kBinary, kPickle };

// A file on disk, or in an archive that lies in memory or is mapped.
struct CifarFile {
  std::string name;            // "data_batch_1.bin"
  std::filesystem::path path;  // of the file, or of the archive
  std::shared_ptr<const ArrayBytes> bytes;
  uint64_t begin = 0;  // of the file in `bytes`
  uint64_t size = 0;

  ByteSpan contents() const;
};

// Batches and lists of names of the folder itself, in order of their names; mapped.
std::vector<CifarFile> list_cifar_folder(const std::filesystem::path& folder);
CifarFile open_cifar_file(const std::filesystem::path& path);

// What a file is by its name; its first byte tells pickles from what else has no extension.
CifarKind cifar_kind(const CifarFile& file);
bool is_cifar_path(const std::filesystem::path& path);
bool is_cifar_folder(const std::filesystem::path& folder);

// The arrays of a batch: "images", "labels", of CIFAR-100 "coarse_label". `two_labels`: where the
// size of a binary batch leaves open how many labels a record has.
NamedStack open_cifar_binary(const CifarFile& batch, bool two_labels);
NamedStack open_cifar_pickle(const CifarFile& batch, std::vector<std::string>& names);

struct CifarNames {
  std::vector<std::string> classes;  // of labels; empty where there is no list
  std::vector<std::string> coarse;
};
// Of the lists among `files`.
CifarNames read_cifar_names(const std::vector<CifarFile>& files);

}  // namespace stoker
