#include "tools/volume_source.h"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "formats/vesuvius.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kWarnings = 5;

}  // namespace

VolumeListing list_volume_folder(const std::vector<std::string>& inputs) {
  if (inputs.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument, "expected one --input DIR");
  }
  VolumeListing listing = list_vesuvius(inputs.front());
  for (size_t i = 0; i < std::min(listing.notes.size(), kWarnings); ++i) {
    spdlog::warn("{}: {}", listing.notes[i].name, listing.notes[i].reason);
  }
  if (listing.notes.size() > kWarnings) {
    spdlog::warn("and {} more; the manifest lists all", listing.notes.size() - kWarnings);
  }
  if (listing.items.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected volumes, found none that train.csv lists",
                inputs.front());
  }
  return listing;
}

SourceEntry describe_folder(const std::string& folder) {
  // "x/." and "x/" are x; "." is the folder's own name.
  const std::filesystem::path path =
      (std::filesystem::absolute(folder) / "").lexically_normal().parent_path();
  return {path.filename().string(), 0};
}

}  // namespace stoker
