#include "formats/image_folder.h"

#include <algorithm>
#include <map>
#include <utility>

#include "formats/image_names.h"
#include "formats/tar_links.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

struct FoundFile {
  std::string path;
  std::string name;  // "CLASS/FILE"
  uint64_t size_bytes = 0;
};

struct ClassFiles {
  std::vector<FoundFile> files;
  std::vector<SampleNote> notes;
};

std::vector<fs::directory_entry> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    entries.push_back(*at);
  }
  if (error) throw system_error("list", folder.string(), error.value());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return a.path().filename().native() < b.path().filename().native();
  });
  return entries;
}

class ClassWalk {
 public:
  explicit ClassWalk(ClassFiles& found) : found_(found) {}

  void walk(const fs::path& folder, const std::string& name) {
    const fs::path real = fs::canonical(folder);
    if (std::find(parents_.begin(), parents_.end(), real) != parents_.end()) {
      return note(name, folder, "a symbolic link back to a folder above it, left out");
    }
    parents_.push_back(real);
    for (const fs::directory_entry& entry : sorted_entries(folder)) {
      visit(entry, name + "/" + entry.path().filename().string());
    }
    parents_.pop_back();
  }

 private:
  void visit(const fs::directory_entry& entry, const std::string& name) {
    std::error_code error;
    const fs::file_status status = entry.status(error);
    if (is_hidden(name)) return note(name, entry.path(), "hidden, left out");
    if (status.type() == fs::file_type::directory) return walk(entry.path(), name);
    if (status.type() == fs::file_type::not_found) {
      return note(name, entry.path(), "a broken symbolic link, left out");
    }
    if (error) throw system_error("look at", entry.path().string(), error.value());
    if (status.type() != fs::file_type::regular) {
      return note(name, entry.path(), "not a regular file, left out");
    }
    const std::string reason = reason_to_skip(name);
    if (!reason.empty()) return note(name, entry.path(), reason);
    const uint64_t size = entry.file_size(error);
    if (error) throw system_error("look at", entry.path().string(), error.value());
    found_.files.push_back({entry.path().string(), name, size});
  }

  void note(const std::string& name, const fs::path& path, std::string reason) {
    found_.notes.push_back({name, std::move(reason), path.filename().string(), 0});
  }

  ClassFiles& found_;
  std::vector<fs::path> parents_;
};

// Class folders of `root`, sorted; the rest of what lies there becomes notes.
std::vector<fs::path> class_folders(const fs::path& root, std::vector<SampleNote>& notes) {
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : sorted_entries(root)) {
    const std::string name = entry.path().filename().string();
    if (is_hidden(name)) {
      notes.push_back({name, "hidden, left out", name, 0});
    } else if (entry.is_directory()) {
      folders.push_back(entry.path());
    } else {
      notes.push_back({name, "not in a class folder, left out", name, 0});
    }
  }
  return folders;
}

}  // namespace

SourceListing list_image_folder(const fs::path& root) {
  SourceListing listing;
  listing.archives = {root.string()};
  const std::vector<fs::path> folders = class_folders(root, listing.notes);
  std::vector<ClassFiles> found(folders.size());
  run_parallel(folders.size(), [&](uint64_t i) {
    const std::string name = folders[i].filename().string();
    ClassWalk(found[i]).walk(folders[i], name);
    if (found[i].files.empty()) {
      found[i].notes.push_back({name, "this class has no images", name, 0});
    }
  });
  for (size_t i = 0; i < found.size(); ++i) {
    listing.class_names.push_back(folders[i].filename().string());
    for (FoundFile& file : found[i].files) {
      listing.items.push_back({std::move(file.name), static_cast<uint32_t>(listing.files.size()), 0,
                               file.size_bytes, static_cast<int32_t>(i)});
      listing.files.push_back(std::move(file.path));
    }
    std::move(found[i].notes.begin(), found[i].notes.end(), std::back_inserter(listing.notes));
    found[i] = ClassFiles();
  }
  return listing;
}

SourceListing list_image_folder_in_tar(const fs::path& archive,
                                       const std::vector<TarMember>& members,
                                       const std::string& root) {
  SourceListing listing;
  listing.files = {archive.string()};
  listing.archives = {archive.string()};
  const std::string front = root.empty() ? std::string() : root + "/";
  const auto note = [&](const TarMember& member, std::string reason) {
    listing.notes.push_back(
        {member.name, std::move(reason), archive.filename().string(), member.header_offset_bytes});
  };
  std::map<std::string, std::vector<SourceItem>> classes;
  for (const TarMember& member : members) {
    if (!member.name.starts_with(front)) continue;
    std::string name = member.name.substr(front.size());
    const std::string class_name = name.substr(0, name.find('/'));
    if (member.type == TarMemberType::kFolder) {
      if (!class_name.empty() && !is_hidden(class_name)) classes[class_name];
    } else if (std::string reason = reason_not_a_file(member); !reason.empty()) {
      note(member, std::move(reason));
    } else if (std::string reason = reason_to_skip(name); !reason.empty()) {
      note(member, std::move(reason));
    } else if (class_name.size() == name.size()) {
      note(member, "not in a class folder, left out");
    } else {
      classes[class_name].push_back(
          {std::move(name), 0, member.offset_bytes, member.size_bytes, -1});
    }
  }
  for (auto& [class_name, items] : classes) {
    if (items.empty()) {
      listing.notes.push_back(
          {class_name, "this class has no images", archive.filename().string(), 0});
    }
    for (SourceItem& item : items) {
      item.label = static_cast<int32_t>(listing.class_names.size());
      listing.items.push_back(std::move(item));
    }
    listing.class_names.push_back(class_name);
  }
  return listing;
}

}  // namespace stoker
