#include "formats/source_entries.h"

#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;

std::vector<SourceEntry> describe_sources(const std::vector<fs::path>& inputs) {
  std::vector<SourceEntry> entries;
  for (const fs::path& input : inputs) {
    std::error_code error;
    const uint64_t size = fs::is_regular_file(input, error) ? fs::file_size(input, error) : 0;
    entries.push_back({own_name(input), size});
  }
  return entries;
}

}  // namespace stoker
