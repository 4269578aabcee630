// Random trees, links among their files and folders included, listed as a folder and as tars that
// GNU tar makes of it: equal classes, names, labels, notes and bytes, or the same refusal.
// STOKER_LISTING_TREES sets how many (default 40).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "formats/image_source.h"
#include "formats/utf8_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

const std::vector<std::string> kFolders{
    "cat",        "dog",         "n01440764", "n01443537", "a-b",  "a",     "A",
    "with space", "-dash",       "\xc3\xa4",  "a\xcc\x88", "10",   "9",     "v1.0",
    "test_tube",  "back\\slash", "p\xe2te",   "p\xe8te",   "it's", "#hash", "tab\tbed"};
const std::vector<std::string> kSplitLike{"train", "Valid", "test", "images", "seg_train"};
const std::vector<std::string> kLeftOut{
    ".hidden",    "__MACOSX",     "@eaDir",      ".ipynb_checkpoints",
    "lost+found", "PaxHeaders.7", "$RECYCLE.BIN"};
const std::vector<std::string> kFiles{
    "0.jpg",    "1.JPEG", "2.png",    "._0.jpg",  "Thumbs.db",     "note.txt", "x y.webp",
    "\xe2.jpg", "-1.ppm", ".dot.jpg", "q\"q.bmp", "new\nline.jpg", "a.b.tif"};

const std::vector<std::string> kLinks{"link", "latest", "l.jpg", "cat", "n01440764", "x", "9"};

class RandomTree {
 public:
  RandomTree(const fs::path& root, uint32_t seed) : root_(root), random_(seed) {
    fs::create_directories(root_);
    const size_t classes = 1 + draw(5);
    for (size_t i = 0; i < classes; ++i)
      fill(root_ / folder_name(), 0, draw(6));
    if (draw(3) == 0) fill(root_ / pick(kLeftOut), 0, 2);
    if (draw(6) == 0) fill(root_ / pick(kSplitLike), 0, 2);
    if (draw(4) == 0) put(root_ / pick(kFiles));
    if (draw(5) == 0) fs::create_directories(root_ / "empty");
    if (draw(2) == 0) return;
    for (size_t i = 1 + draw(5); i > 0; --i)
      link();
  }

  // Links that lead from one folder at the top to another: in class tars they lead out of them.
  bool links_across() const { return links_across_; }

  // The first folders below the root (or links to some) that are neither hidden nor junk, by the
  // generator's own list.
  std::set<std::string> classes() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(root_)) {
      const std::string name = entry.path().filename().string();
      const bool left_out = std::find(kLeftOut.begin(), kLeftOut.end(), name) != kLeftOut.end();
      std::error_code ignored;
      const bool is_folder =
          entry.is_directory(ignored) && !fs::equivalent(entry.path(), root_, ignored);
      if (is_folder && !left_out) names.insert(escape_non_utf8(name));
    }
    return names;
  }

 private:
  size_t draw(size_t below) { return random_() % below; }
  const std::string& pick(const std::vector<std::string>& from) { return from[draw(from.size())]; }
  std::string folder_name() {
    if (draw(12) == 0) return std::string(90 + draw(160), 'l');
    return pick(kFolders);
  }

  void put(const fs::path& path) {
    std::ofstream(path, std::ios::binary) << path.string() << std::string(draw(1500), 'x');
  }

  void fill(const fs::path& folder, int depth, size_t files) {
    fs::create_directories(folder);
    for (size_t i = 0; i < files; ++i)
      put(folder / pick(kFiles));
    if (files > 1 && draw(4) == 0) {
      std::error_code ignored;
      fs::create_hard_link(first_file(folder).value(), folder / "linked.jpg", ignored);
      fs::create_symlink(first_file(folder).value().filename(), folder / "pointed.png", ignored);
    }
    if (depth < 3 && draw(3) == 0) {
      // A tar 10.tar of nothing but a folder 10 is that folder: a folder 10/10 cannot be told from
      // it.
      std::string inner = folder_name();
      if (inner == folder.filename()) inner += "_";
      fill(folder / inner, depth + 1, draw(4));
    }
    if (depth < 3 && draw(8) == 0) fill(folder / pick(kLeftOut), depth + 1, 1);
  }

  std::vector<fs::path> folders() const {
    std::vector<fs::path> found{root_};
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      if (entry.symlink_status().type() == fs::file_type::directory) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::vector<fs::path> everything() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }

  // A link somewhere to something: a folder, a file, another link, nothing, or what lies above it.
  void link() {
    const std::vector<fs::path> places = folders();
    const std::vector<fs::path> targets = everything();
    if (targets.empty()) return;
    const fs::path& place = places[draw(places.size())];
    const fs::path& target =
        draw(3) != 0 ? places[draw(places.size())] : targets[draw(targets.size())];
    const fs::path name = place / pick(kLinks);
    std::string text = target.lexically_relative(place).string();
    if (place == root_ ||
        *target.lexically_relative(root_).begin() != *place.lexically_relative(root_).begin()) {
      links_across_ = true;
    }
    std::error_code ignored;
    switch (draw(12)) {
      case 0:
        return fs::create_symlink("nowhere", name, ignored);
      case 1:
        return fs::create_symlink(name.filename(), name, ignored);
      case 2:  // there is no such folder to leave again
        return fs::create_symlink("nowhere/../" + text, name, ignored);
      case 3:
        return fs::create_symlink(text + "/", name, ignored);
      case 4:
        return fs::create_symlink("./" + text + "//.", name, ignored);
      case 5:  // of a link, too: a second name for it
        if (fs::symlink_status(target).type() != fs::file_type::directory) {
          fs::create_hard_link(target, name, ignored);
        }
        return;
      default:
        return fs::create_symlink(text, name, ignored);
    }
  }

  static std::optional<fs::path> first_file(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_regular_file()) return entry.path();
    }
    return std::nullopt;
  }

  fs::path root_;
  std::mt19937 random_;
  bool links_across_ = false;
};

class ListingPropertyTest : public FolderTest {
 protected:
  // What one form of the tree gives: the listing with the hash of every sample's bytes, or the
  // refusal, the form's own path taken out of it.
  static std::string outcome(const fs::path& path, const std::string& class_from) {
    ImageSourceOptions options;
    options.class_from = class_from;
    std::string text;
    try {
      const SourceListing listing = list_image_source({path}, options);
      for (const std::string& name : listing.class_names)
        text += "class " + name + "\n";
      for (const SourceItem& item : listing.items) {
        const Bytes bytes =
            RangeFile(listing.files[item.file]).read(item.offset_bytes, item.size_bytes);
        text += std::to_string(item.label) + " " + item.name + " " +
                std::to_string(xxh3_64(bytes)) + "\n";
      }
      for (const SampleNote& note : listing.notes)
        text += "note " + note.name + ": " + note.reason + "\n";
    } catch (const Error& error) {
      text = "refused: " + error.message();
    }
    for (size_t at; (at = text.find(path.string())) != text.npos;)
      text.replace(at, path.string().size(), "ROOT");
    return text;
  }

  static std::set<std::string> classes_in(const std::string& outcome) {
    std::set<std::string> names;
    std::istringstream lines(outcome);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("class ")) names.insert(line.substr(6));
    }
    return names;
  }

  void make_tars() const {
    const std::string script =
        "cd '" + folder_.string() +
        "' && tar --format=gnu -cf gnu.tar -C tree . && tar --format=pax -cf pax.tar -C tree . && "
        "tar --format=gnu -cPf absolute.tar --transform 's,^\\./,/,S' -C tree . && "
        "find tree -mindepth 1 -printf '%P\\0' | sort -zr > names && "
        "tar --format=pax --no-recursion -cf unsorted.tar -C tree --null -T names && "
        // One tar a folder at the top, and whatever else lies there as it is.
        "mkdir classes && cd tree && find . -mindepth 1 -maxdepth 1 '(' ! -type d -o -name '.*' "
        "')' "
        "-exec cp -rP {} ../classes/ \\; && find . -mindepth 1 -maxdepth 1 -type d ! -name '.*' "
        "-printf '%P\\0' | "
        "while IFS= read -r -d '' c; do tar -cf \"../classes/$c.tar\" -C \"./$c\" .; done && "
        "cd .. && tar -cf nested.tar -C classes .";
    std::ofstream(folder_ / "make.sh") << script;
    ASSERT_EQ(std::system(("bash '" + (folder_ / "make.sh").string() + "'").c_str()), 0);
  }
};

TEST_F(ListingPropertyTest, AFolderAndAnyTarOfItListAlike) {
  const char* const wanted = std::getenv("STOKER_LISTING_TREES");
  const uint32_t trees = wanted ? static_cast<uint32_t>(std::atoi(wanted)) : 40;
  uint32_t listed = 0;
  for (uint32_t seed = 0; seed < trees; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomTree tree(folder_ / "tree", seed);
    make_tars();
    for (const std::string class_from : {"", "folder"}) {
      const std::string expected = outcome(folder_ / "tree", class_from);
      if (class_from.empty() && !expected.starts_with("refused")) ++listed;
      for (const char* tar : {"gnu.tar", "pax.tar", "absolute.tar", "unsorted.tar"})
        EXPECT_EQ(outcome(folder_ / tar, class_from), expected) << tar << " " << class_from;
      // One archive beside loose images is not taken for a class without being told.
      for (const char* form : {"nested.tar", "classes"}) {
        if (tree.links_across()) continue;
        const std::string found = outcome(folder_ / form, class_from);
        if (class_from.empty() && found.starts_with("refused")) continue;
        EXPECT_EQ(found, expected) << form << " " << class_from;
      }
      if (!class_from.empty() && !expected.starts_with("refused")) {
        EXPECT_EQ(classes_in(expected), tree.classes());
      }
    }
    for (const auto& entry : fs::directory_iterator(folder_))
      fs::remove_all(entry.path());
    if (HasFailure()) break;
  }
  RecordProperty("listed", static_cast<int>(listed));
  EXPECT_GT(listed, trees / 3) << "most trees should be listed, not refused";
}

}  // namespace
}  // namespace stoker
