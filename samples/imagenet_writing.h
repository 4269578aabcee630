// Writes archives in the shape of ILSVRC2012's, with libarchive and matio: other hands than those
// that read them in formats/. The same input gives the same bytes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

struct ArchiveMember {
  std::string name;
  Bytes bytes;
};

// A ustar archive, members in the order given, all of one date.
Bytes make_tar(const std::vector<ArchiveMember>& members);
Bytes make_tar_gz(const std::vector<ArchiveMember>& members);

// One row of meta.mat's struct array "synsets".
struct SynsetRow {
  int id = 0;  // ILSVRC2012_ID
  std::string wnid;
  std::string words;
  std::vector<int> children;  // ids; empty for a class
  int num_train_images = 0;
};

// The bytes of meta.mat: MATLAB version 5, compressed, the fields of the real file.
Bytes make_meta_mat(const std::vector<SynsetRow>& rows);

}  // namespace stoker
