// Tars for tests, by name and body, in the order given.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/tar_encode.h"
#include "libdata/core/files.h"

namespace stoker::testing {

using TarFiles = std::vector<std::pair<std::string, std::string>>;

inline Bytes tar_of(const TarFiles& files) {
  Bytes archive;
  for (const auto& [name, body] : files) {
    append_tar_header(name, body.size(), archive);
    const ByteSpan bytes = as_bytes(body);
    archive.insert(archive.end(), bytes.begin(), bytes.end());
    archive.resize(archive.size() + tar_padding(body.size()), 0);
  }
  const Bytes end = tar_end(archive.size());
  archive.insert(archive.end(), end.begin(), end.end());
  return archive;
}

}  // namespace stoker::testing
