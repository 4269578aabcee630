// Sources of images made file by file, as folders and as tars by GNU tar.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "formats/image_source.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {

// Labels 8 images.
inline const std::filesystem::path kDevkit =
    std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden/devkit/devkit.tar.gz";

// "LABEL NAME" a line, and the notes' names and reasons.
inline std::string describe(const SourceListing& listing) {
  std::ostringstream out;
  for (const SourceItem& item : listing.items)
    out << item.label << ' ' << item.name << '\n';
  return out.str();
}
inline std::string notes_of(const SourceListing& listing) {
  std::ostringstream out;
  for (const SampleNote& note : listing.notes)
    out << note.name << ": " << note.reason << '\n';
  return out.str();
}

inline std::string content(const SourceListing& listing, size_t i) {
  const SourceItem& item = listing.items.at(i);
  return std::string(
      as_text(RangeFile(listing.files.at(item.file)).read(item.offset_bytes, item.size_bytes)));
}

class ImageSourceTest : public FolderTest {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_ / "in"); }
  // A file under in/ whose content is its name.
  void put(const std::string& name) {
    std::filesystem::create_directories((folder_ / "in" / name).parent_path());
    std::ofstream(folder_ / "in" / name) << name;
  }
  // Packs in/MEMBERS into NAME with GNU tar and empties in/.
  std::filesystem::path tar(const std::string& name, const std::string& members = ".") {
    const std::string command = "tar --sort=name -b 1 -cf '" + (folder_ / name).string() +
                                "' -C '" + (folder_ / "in").string() + "' " + members;
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::filesystem::remove_all(folder_ / "in");
    std::filesystem::create_directories(folder_ / "in");
    return folder_ / name;
  }
  // An inner tar under in/, holding WNID_i.JPEG.
  void put_class_tar(const std::string& wnid, int count) {
    const std::filesystem::path inner = folder_ / "inner";
    std::filesystem::create_directories(inner);
    for (int i = 0; i < count; ++i)
      std::ofstream(inner / (wnid + "_" + std::to_string(i) + ".JPEG")) << wnid << i;
    const std::string command = "cd '" + inner.string() + "' && ls | tar -b 1 -cf '" +
                                (folder_ / "in" / (wnid + ".tar")).string() + "' -T -";
    EXPECT_EQ(std::system(command.c_str()), 0);
    std::filesystem::remove_all(inner);
  }
  // Another name under in/ for the same file: GNU tar stores it as a hard link.
  void link(const std::string& name, const std::string& target) {
    std::filesystem::create_directories((folder_ / "in" / name).parent_path());
    std::filesystem::create_hard_link(folder_ / "in" / target, folder_ / "in" / name);
  }
  SourceListing list(const std::filesystem::path& path, bool with_devkit = false,
                     bool skip_damaged = false) {
    ImageSourceOptions options;
    options.skip_damaged = skip_damaged;
    if (with_devkit) options.devkit = kDevkit;
    return list_image_source({path}, options);
  }
  Error refusal(const std::vector<std::filesystem::path>& paths,
                const ImageSourceOptions& options = {}) {
    try {
      list_image_source(paths, options);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorCode::kInternal, "");
  }
};

}  // namespace stoker
