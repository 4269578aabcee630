// The ILSVRC2012 development kit: which class each validation image has.
//
// data/ILSVRC2012_validation_ground_truth.txt holds one ILSVRC2012_ID a line, line i for image
// ILSVRC2012_val_%08d of i. data/meta.mat (a struct array, one row a synset) maps ids to WordNet
// ids, in its rows with num_children 0; its other rows are inner nodes of the hierarchy. The order
// of the ids is not the order of the classes: a class index is the rank of the wnid among the
// sorted ones. Errors: Corrupt with the line or row. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

// Labels of validation images, whoever told them.
struct ImagenetValLabels {
  std::vector<std::string> class_names;               // sorted wnids: index is the class index
  std::unordered_map<std::string, int32_t> label_of;  // by "ILSVRC2012_val_00000001"
};

struct Synset {
  int64_t id = 0;  // ILSVRC2012_ID
  std::string wnid;
  int64_t num_children = 0;
};

std::vector<Synset> parse_meta_mat(ByteSpan meta_mat);

ImagenetValLabels join_devkit(std::string_view ground_truth, const std::vector<Synset>& synsets);

}  // namespace stoker
