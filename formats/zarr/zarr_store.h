// Where the objects of a Zarr store lie: files below a folder, or members of a zip archive.
//
// Keys are paths below the store, parted by '/'. Thread-safety: all may be called from many threads
// at once. Errors: Io; Corrupt for a damaged archive; Unsupported as zip_listing.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/stacked/array_bytes.h"

namespace stoker {

struct ZarrObjects {
  uint64_t key = 0;  // of the names and sizes of all of them
  std::vector<std::filesystem::path> files;
};

class ZarrStore {
 public:
  virtual ~ZarrStore() = default;

  virtual const std::filesystem::path& path() const = 0;
  // Null where there is none of that key.
  virtual std::unique_ptr<const ArrayBytes> open(const std::string& key) const = 0;
  // The names below `prefix` that have something below them, sorted.
  virtual std::vector<std::string> folders(const std::string& prefix) const = 0;
  // Everything below `prefix`.
  virtual ZarrObjects objects(const std::string& prefix) const = 0;

  // Of an object, for messages.
  std::string place_of(const std::string& key) const {
    return key.empty() ? path().string() : (path() / key).string();
  }
  std::optional<std::string> read_text(const std::string& key) const;
};

// "a/b" of "a" and "b", "b" of "" and "b".
std::string join_key(const std::string& prefix, const std::string& name);

// A folder, or a zip file.
std::shared_ptr<const ZarrStore> open_zarr_store(const std::filesystem::path& path);

// 3 where `prefix` is a node with zarr.json, 2 with .zarray or .zgroup, else 0.
int zarr_format_at(const ZarrStore& store, const std::string& prefix);

}  // namespace stoker
