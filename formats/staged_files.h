// Files of one unit that is many files: they gather in a folder of their own and move to their
// places when all are on the disk, so that a killed run leaves none of them half.
//
// Thread-safety: one thread at a time. Errors: Io. Ownership: the destructor without finish()
// removes what was gathered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/unit_record.h"
#include "libdata/core/arrays.h"

namespace stoker {

class StagedFiles {
 public:
  // Of the unit called `unit`, below the folder `output`.
  StagedFiles(const std::filesystem::path& output, const std::string& unit);
  ~StagedFiles();
  StagedFiles(const StagedFiles&) = delete;
  StagedFiles& operator=(const StagedFiles&) = delete;

  // `path` is below the output folder; folders are made as needed.
  void add(const std::string& path, ByteSpan bytes);
  uint64_t size_bytes() const { return size_bytes_; }
  std::vector<UnitFileEntry> finish();

 private:
  std::filesystem::path staged(size_t i) const;

  std::filesystem::path output_;
  std::filesystem::path staging_;
  std::vector<UnitFileEntry> entries_;
  uint64_t size_bytes_ = 0;
};

}  // namespace stoker
