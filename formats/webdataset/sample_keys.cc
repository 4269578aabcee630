#include "formats/webdataset/sample_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "formats/image_file_names.h"
#include "formats/image_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;

std::string key_of_sample(const std::string& name) {
  std::string key = safe_file_name(name);
  if (has_image_extension(key)) key = std::string(without_extension(key));
  const size_t base = key.size() - base_name(key).size();
  std::replace(key.begin() + static_cast<ptrdiff_t>(base), key.end(), '.', '_');
  for (size_t i = 0; i < base; ++i)
    if (key[i] == '.' && (i == 0 || key[i - 1] == '/')) key[i] = '_';
  return key;
}

fs::path names_path(const fs::path& shard) {
  std::string name = shard.filename().string();
  for (const char* ending : {".gz", ".tgz", ".tar"})
    if (name.ends_with(ending)) name.erase(name.size() - std::string_view(ending).size());
  return shard.parent_path() / (name + ".names.tsv");
}

std::unordered_map<std::string, std::string> read_sample_names(const fs::path& shard) {
  std::unordered_map<std::string, std::string> names;
  const fs::path path = names_path(shard);
  if (!fs::is_regular_file(path)) return names;
  const std::string text = read_text_file(path);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const size_t tab = text.find('\t', begin);
    if (tab >= end || tab == begin || tab + 1 == end) {
      throw Error(ErrorCode::kCorrupt, "expected KEY, a tab and NAME in each line", path.string(),
                  begin);
    }
    names.emplace(text.substr(begin, tab - begin), text.substr(tab + 1, end - tab - 1));
    begin = end + 1;
  }
  return names;
}

}  // namespace stoker
