// Which files and folders are none of the user's: hidden ones, what operating systems, archivers
// and network disks leave lying about, and what --exclude names.
//
// Thread-safety: const methods may run on many threads at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {

// Whether `name`, one part of a path, is hidden (".ipynb_checkpoints", "._0.jpg") or junk:
// __MACOSX, @eaDir, #recycle, $RECYCLE.BIN, lost+found, System Volume Information, PaxHeaders.123,
// Thumbs.db, desktop.ini ... Letter case does not count: those systems do not mind it.
bool is_left_lying_about(std::string_view name);

// The shortest front of `path` that ends in such a name: "cat/.git" of "cat/.git/objects/1"; empty
// where there is none.
std::string_view left_lying_front(std::string_view path);

// --exclude GLOB..., as GNU tar reads its own --exclude: `*` and `?` also stand for '/', a glob may
// match from the start of the path below the root or from behind any slash, and what lies in an
// excluded folder is excluded with it. "meta", "*.png", "train/*/raw".
class Exclusions {
 public:
  Exclusions() = default;
  explicit Exclusions(std::vector<std::string> globs);

  static constexpr size_t kNone = ~size_t{0};
  // Index of the first glob that excludes `path`, or kNone.
  size_t find(std::string_view path) const;
  const std::vector<std::string>& globs() const { return globs_; }

 private:
  std::vector<std::string> globs_;
};

}  // namespace stoker
