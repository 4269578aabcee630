// The classes of a tree of images, from its folders: a class is the first folder below the root, as
// in torchvision's ImageFolder, and the images at any depth below it are its own.
//
// What torchvision would get wrong in silence is refused, with the choice to make in the message:
// folders named like splits (split_names.h), alone beside others or inside the classes; images in
// no folder, or in one called "images". A folder that holds all the others
// ("imagenette2/train/CLASS") is entered, and a note says so; a class has images of its own, or is
// named by a WordNet id.
#pragma once

#include <string>
#include <vector>

#include "formats/listed_tree.h"

namespace stoker {

struct ClassFolders {
  std::string root;                      // below the tree's own: "" or "imagenette2/train/"
  std::vector<std::string> class_names;  // sorted by bytes; folders without images among them
};

// Entries are images and folders, left-out ones gone. Notes are added to the tree. With `as_it_is`
// (--class-from folder) nothing is refused but a tree without class folders, and no folder is
// entered. Errors: InvalidArgument.
ClassFolders find_class_folders(ListedTree& tree, bool as_it_is);

// InvalidArgument: images in `where` lie in no class folder, and what can be done.
[[noreturn]] void refuse_flat(const ListedTree& tree, const std::string& where);

}  // namespace stoker
