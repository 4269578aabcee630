#include "formats/zarr/zarr_paths.h"

#include <string_view>
#include <system_error>

#include "formats/npy/zip_listing.h"
#include "formats/zarr/zarr_store.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;

std::string zarr_stem(const std::string& file_name) {
  std::string stem = file_name;
  for (const std::string_view ending : {".zip", ".zarr", ".ome"})
    if (stem.size() > ending.size() && stem.ends_with(ending))
      stem.resize(stem.size() - ending.size());
  return stem;
}

bool is_zarr_store(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return fs::exists(path / "zarr.json", error) || fs::exists(path / ".zarray", error) ||
           fs::exists(path / ".zgroup", error);
  }
  if (path.extension() != ".zip" && path.extension() != ".zarr") return false;
  try {
    const MappedFile file(path);
    if (!looks_like_zip(file.bytes())) return false;
    return zarr_format_at(*open_zarr_store(path), "") != 0;
  } catch (const Error&) {
    return false;
  }
}

bool holds_zarr(const fs::path& folder) {
  constexpr int kMostNames = 2000;
  constexpr int kDeepestLook = 3;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  const fs::recursive_directory_iterator end;
  for (int count = 0; !error && at != end && count < kMostNames; ++count, at.increment(error)) {
    if (at->path().filename().string().front() == '.' || at.depth() >= kDeepestLook) {
      at.disable_recursion_pending();
    }
    const bool zip = at->path().extension() == ".zip";
    if ((at->is_directory(error) || zip) && is_zarr_store(at->path())) return true;
  }
  return false;
}

}  // namespace stoker
