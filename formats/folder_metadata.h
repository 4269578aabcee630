// metadata.csv or metadata.jsonl beside images, as Hugging Face's imagefolder has them: a row an
// image, its name in file_name.
//
// Thread-safety: free functions. Errors: Corrupt with path, line and offset for what is no table, a
// row without file_name, a label that is neither text nor a whole number. Source: Hugging Face
// datasets, "Create an image dataset", ImageFolder.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "formats/class_table.h"

namespace stoker {

// The classes that the folder's own table gives. Nothing where there is no such file, no column
// file_name, or no column that is called like labels are (label, class, category, target ...): a
// table of captions says no classes.
std::optional<ClassTable> read_folder_metadata(const std::filesystem::path& folder);

std::optional<ClassTable> parse_metadata_csv(std::string_view text);
std::optional<ClassTable> parse_metadata_jsonl(std::string_view text);

}  // namespace stoker
