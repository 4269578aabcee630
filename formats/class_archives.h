// Tars among the files of a source: one a class, as ILSVRC2012_img_train.tar has them?
//
// "n01440764.tar" is a class, and so is "cat.tar"; "train.tar" beside "val.tar" are the archives of
// a data set and are refused by name, as folders named like that are. Where the source has images
// in folders, a tar beside them is none of its classes: it is noted and left out, but one named by
// a WordNet id is refused, because it must be one. Errors: InvalidArgument with the paths to choose
// from.
#pragma once

#include <vector>

#include "formats/listed_tree.h"

namespace stoker {

// Indices of the entries that are archives to open. With `any_names` all are, whatever their names
// and places: the user has said where classes come from.
std::vector<size_t> find_class_archives(ListedTree& tree, bool any_names);

}  // namespace stoker
