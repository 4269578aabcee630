// metadata.csv or metadata.jsonl beside images, as Hugging Face's imagefolder has them: a row an
// image, its path from the table's own folder on in file_name.
//
// Thread-safety: free functions. Errors: Corrupt with path, line and offset for what is no table, a
// row without file_name, a label that is neither text nor a whole number; InvalidArgument where a
// tree holds several such tables, images beside its one, or splits. Source: Hugging Face datasets,
// "Create an image dataset", ImageFolder.
#pragma once

#include <optional>
#include <string_view>

#include "formats/class_table.h"
#include "formats/left_out_names.h"
#include "formats/listed_tree.h"

namespace stoker {

// The classes that a table of the tree itself gives; it may lie in any folder that holds all the
// images. Nothing where there is no such file, no column file_name, or no column that is called
// like labels are (label, class, category, target ...): a table of captions says no classes.
// Images are meant to the letter (ClassTable::whole_paths).
std::optional<ClassTable> find_tree_metadata(const ListedTree& tree, const Exclusions& exclusions);

std::optional<ClassTable> parse_metadata_csv(std::string_view text);
std::optional<ClassTable> parse_metadata_jsonl(std::string_view text);

}  // namespace stoker
