// Which files and folders are Zarr stores.
//
// Thread-safety: pure functions of the file system; none throws about what it sees.
#pragma once

#include <filesystem>
#include <string>

namespace stoker {

// Of a folder or file: the name without .zarr, .ome.zarr, .zip.
std::string zarr_stem(const std::string& file_name);
// Whether a path is a Zarr store, or a folder of them at a few levels.
bool is_zarr_store(const std::filesystem::path& path);
bool holds_zarr(const std::filesystem::path& folder);

}  // namespace stoker
