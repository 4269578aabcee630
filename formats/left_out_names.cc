#include "formats/left_out_names.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <utility>

#include "formats/image_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

// In lower case.
constexpr std::array<std::string_view, 20> kJunk{"__macosx",    "icon\r",
                                                 "@eadir",      "@tmp",
                                                 "@recycle",    "@recently-snapshot",
                                                 "@sharebin",   "#recycle",
                                                 "#snapshot",   "$recycle.bin",
                                                 "$extend",     "recycler",
                                                 "lost+found",  "system volume information",
                                                 "thumbs.db",   "ehthumbs.db",
                                                 "desktop.ini", "__pycache__",
                                                 "paxheaders",  "@longlink"};

bool is_numbered(std::string_view name, std::string_view front) {
  return name.starts_with(front) && name.size() > front.size() &&
         name.find_first_not_of("0123456789", front.size()) == name.npos;
}

}  // namespace

bool is_left_lying_about(std::string_view name) {
  if (name.starts_with('.') && name != "..") return true;
  const std::string lower = to_lower(name);
  return std::find(kJunk.begin(), kJunk.end(), lower) != kJunk.end() ||
         is_numbered(lower, "paxheaders.") || is_numbered(lower, "found.");
}

std::string_view left_lying_front(std::string_view path) {
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (is_left_lying_about(path.substr(begin, end - begin))) return path.substr(0, end);
    begin = end + 1;
  }
  return {};
}

Exclusions::Exclusions(std::vector<std::string> globs) : globs_(std::move(globs)) {
  for (const std::string& glob : globs_) {
    if (glob.find_first_not_of("./") != glob.npos) continue;
    throw Error(ErrorCode::kInvalidArgument,
                "expected a glob such as 'meta' or '*.png' as --exclude, found '" + glob + "'");
  }
}

size_t Exclusions::find(std::string_view path) const {
  for (size_t i = 0; i < globs_.size(); ++i) {
    std::string glob = globs_[i];
    while (glob.ends_with('/'))
      glob.pop_back();
    if (glob.starts_with("./")) glob.erase(0, 2);
    const bool anchored = glob.starts_with('/');
    if (anchored) glob.erase(0, 1);
    for (size_t begin = 0; begin != path.npos && begin < path.size();) {
      const std::string tail(path.substr(begin));
      if (fnmatch(glob.c_str(), tail.c_str(), FNM_LEADING_DIR) == 0) return i;
      if (anchored) break;
      const size_t slash = path.find('/', begin);
      begin = slash == path.npos ? slash : slash + 1;
    }
  }
  return kNone;
}

}  // namespace stoker
