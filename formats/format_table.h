// All formats, by name and by content.
//
// Thread-safety: free functions over constants. To add a format: formats/README.md.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "formats/format.h"

namespace stoker {

// In stoker.json of a folder that convert-dataset wrote, among the options: the format it wrote.
inline constexpr const char* kToOption = "to";

// In the order in which they are asked what a path is.
std::span<const Format* const> all_formats();

// InvalidArgument, listing the names there are (those that are read, or written).
const Format& format_to_read(const std::string& name);
const Format& format_to_write(const std::string& name);

// The format that all of the paths are of: what stoker.json says in a folder that was written here,
// else what they look like. InvalidArgument where there is none, or several.
const Format& detect_format(const std::vector<std::filesystem::path>& paths);

// For a program that reads folders alone and could not read `path`: " (it is an HDF5 file:
// convert-dataset --from hdf5 reads it)". Empty where it is nothing else that is known.
std::string hint_at_format(const std::filesystem::path& path);

}  // namespace stoker
