// Two small files out of a compressed archive (tar.gz, zip ...), through libarchive.
#pragma once

#include <filesystem>
#include <string_view>

#include "libdata/core/arrays.h"

namespace stoker {

struct DevkitFiles {
  Bytes ground_truth;
  Bytes meta_mat;
};

// Whether the first bytes of a file are those of a compressed file, a zip or a tar.
bool looks_like_archive(ByteSpan front);

// Reads the members whose base names are given, wherever they lie in the archive. Each may be 64
// MiB at most (the real ones take 1 MB together). Errors: Corrupt where the archive is damaged or
// holds only one of them, or none.
DevkitFiles read_devkit_archive(const std::filesystem::path& path,
                                std::string_view ground_truth_name, std::string_view meta_mat_name);

}  // namespace stoker
