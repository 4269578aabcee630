#include "formats/class_tars.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "formats/image_names.h"
#include "formats/tar_links.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

struct ClassTar {
  std::string class_name;
  uint32_t file = 0;
  TarRange range;
  int32_t label = -1;
};

struct ClassItems {
  std::vector<SourceItem> items;
  std::vector<SampleNote> notes;
};

std::string class_of_tar(std::string_view path) {
  std::string_view name = base_name(path);
  if (name.ends_with(".tar")) name.remove_suffix(4);
  return std::string(name);
}

// Names in index order; sets the labels.
std::vector<std::string> number_classes(std::vector<ClassTar>& tars, const std::string& where) {
  std::map<std::string, int32_t> index_of;
  for (const ClassTar& tar : tars) {
    if (!index_of.emplace(tar.class_name, 0).second) {
      throw Error(ErrorCode::kCorrupt,
                  "expected one tar a class, found two for class " + tar.class_name, where,
                  tar.range.offset_bytes);
    }
  }
  std::vector<std::string> names;
  for (auto& [name, index] : index_of) {
    index = static_cast<int32_t>(names.size());
    names.push_back(name);
  }
  for (ClassTar& tar : tars)
    tar.label = index_of.at(tar.class_name);
  return names;
}

ClassItems list_class_tar(const RangeFile& file, const ClassTar& tar, bool skip_damaged) {
  ClassItems found;
  const std::string file_name(base_name(file.path()));
  const std::string folder = tar.class_name + "/";
  const auto note = [&](std::string name, std::string reason, uint64_t offset) {
    found.notes.push_back({std::move(name), std::move(reason), file_name, offset});
  };
  std::vector<TarMember> members;
  std::optional<Error> damage;
  try {
    visit_tar(tar_bytes(file), tar.range,
              [&](TarMember&& member) { members.push_back(std::move(member)); });
  } catch (const Error& error) {
    const Error placed(error.code(), "in " + tar.class_name + ".tar: " + error.message(),
                       file.path(), error.offset_bytes());
    if (!skip_damaged || error.code() == ErrorCode::kIo) throw placed;
    damage = error;
  }
  resolve_hard_links(members);
  if (!skip_damaged) refuse_broken_links(members, file.path());
  for (const TarMember& member : members) {
    if (member.type == TarMemberType::kFolder) continue;
    std::string name = member.name.starts_with(folder) ? member.name : folder + member.name;
    std::string reason = reason_not_a_file(member);
    if (reason.empty()) reason = reason_to_skip(member.name);
    if (!reason.empty()) {
      note(std::move(name), std::move(reason), member.header_offset_bytes);
      continue;
    }
    found.items.push_back(
        {std::move(name), tar.file, member.offset_bytes, member.size_bytes, tar.label});
  }
  if (damage) {
    note(tar.class_name + ".tar", "the rest of this archive is lost: " + damage->message(),
         damage->offset_bytes().value_or(tar.range.offset_bytes));
  }
  if (found.items.empty()) {
    note(tar.class_name + ".tar", "this class has no images", tar.range.offset_bytes);
  }
  return found;
}

SourceListing list_class_tars(const std::vector<RangeFile>& files, std::vector<ClassTar> tars,
                              bool skip_damaged) {
  SourceListing listing;
  for (const RangeFile& file : files)
    listing.files.push_back(file.path());
  listing.class_names = number_classes(tars, files.front().path());
  std::vector<ClassItems> found(tars.size());
  run_parallel(tars.size(), [&](uint64_t i) {
    found[i] = list_class_tar(files[tars[i].file], tars[i], skip_damaged);
  });
  for (ClassItems& part : found) {
    std::move(part.items.begin(), part.items.end(), std::back_inserter(listing.items));
    std::move(part.notes.begin(), part.notes.end(), std::back_inserter(listing.notes));
  }
  return listing;
}

}  // namespace

SourceListing list_nested_class_tars(const fs::path& archive, const std::vector<TarMember>& members,
                                     bool skip_damaged) {
  std::vector<ClassTar> tars;
  std::vector<SampleNote> notes;
  for (const TarMember& member : members) {
    if (member.type == TarMemberType::kFolder) continue;
    if (member.type == TarMemberType::kFile && member.name.ends_with(".tar") &&
        !is_hidden(member.name)) {
      tars.push_back({class_of_tar(member.name), 0, {member.offset_bytes, member.size_bytes}, -1});
    } else {
      notes.push_back({member.name, "not the tar of a class, left out", archive.filename().string(),
                       member.header_offset_bytes});
    }
  }
  std::vector<RangeFile> files;
  files.emplace_back(archive);
  SourceListing listing = list_class_tars(files, std::move(tars), skip_damaged);
  listing.notes.insert(listing.notes.begin(), notes.begin(), notes.end());
  return listing;
}

SourceListing list_separate_class_tars(const std::vector<fs::path>& archives, bool skip_damaged) {
  std::vector<RangeFile> files;
  std::vector<ClassTar> tars;
  for (const fs::path& archive : archives) {
    files.emplace_back(archive);
    tars.push_back({class_of_tar(archive.string()),
                    static_cast<uint32_t>(files.size() - 1),
                    {0, files.back().size()},
                    -1});
  }
  return list_class_tars(files, std::move(tars), skip_damaged);
}

}  // namespace stoker
