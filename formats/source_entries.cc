#include "formats/source_entries.h"

namespace stoker {
namespace fs = std::filesystem;

std::vector<SourceEntry> describe_sources(const std::vector<fs::path>& inputs) {
  std::vector<SourceEntry> entries;
  for (const fs::path& input : inputs) {
    const fs::path path = (fs::absolute(input) / "").lexically_normal().parent_path();
    std::error_code error;
    const bool file = fs::is_regular_file(input, error);
    entries.push_back({path.filename().string(), file ? fs::file_size(input) : 0});
  }
  return entries;
}

}  // namespace stoker
