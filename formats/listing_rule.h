// The one rule that turns a tree of files into a listing, wherever the files lie: see README.md of
// this folder. The folder walk and the tar listing only produce the tree.
//
// Thread-safety: pure but for reading inner archives. Errors: InvalidArgument where the tree leaves
// a choice, naming the choices; Corrupt for damage, and where two samples would have one name.
#pragma once

#include <cstdint>

#include "formats/class_table.h"
#include "formats/imagenet_devkit.h"
#include "formats/left_out_names.h"
#include "formats/listed_tree.h"
#include "formats/source_listing.h"

namespace stoker {

enum class ClassFrom : uint8_t {
  kLook,      // folders, unless the tree is one of ImageNet's flat ones
  kFolder,    // the first folder below the root, whatever it is called
  kFileName,  // the WordNet id in the file's name
  kTable,
};

struct ListingRule {
  ClassFrom class_from = ClassFrom::kLook;
  const ClassTable* table = nullptr;              // of kTable
  const ImagenetValLabels* val_labels = nullptr;  // of ILSVRC2012_val_*.JPEG; null: none given
  Exclusions exclusions;
  bool skip_damaged = false;
};

// `used`: for each exclusion, whether it excluded something. Items are sorted by name, part by
// part; notes too. The listing's `archives` is the tree's root.
SourceListing list_tree(ListedTree tree, const ListingRule& rule, std::vector<bool>& used);

}  // namespace stoker
