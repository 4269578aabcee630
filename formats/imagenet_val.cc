#include "formats/imagenet_val.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "formats/image_names.h"
#include "formats/tar_links.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kNamesInNote = 5;

int32_t label_for(std::string_view stem, const ImagenetValLabels& labels) {
  const auto found = labels.label_of.find(std::string(stem));
  if (found != labels.label_of.end()) return found->second;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("no label for {}: the labels name {} images, and not this one; are they "
                          "of the same release?",
                          stem, labels.label_of.size()));
}

void note_labels_without_file(const ImagenetValLabels& labels, SourceListing& listing) {
  std::unordered_set<std::string_view> present;
  for (const SourceItem& item : listing.items)
    present.insert(imagenet_val_stem(item.name));
  std::vector<std::string> missing;
  for (const auto& [stem, label] : labels.label_of) {
    if (!present.contains(stem)) missing.push_back(stem);
  }
  if (missing.empty()) return;
  std::sort(missing.begin(), missing.end());
  const size_t shown = std::min(missing.size(), kNamesInNote);
  listing.notes.push_back(
      {missing.front(),
       fmt::format(
           "{} of {} labelled validation images are not in this source: {}{}", missing.size(),
           labels.label_of.size(),
           fmt::join(missing.begin(), missing.begin() + static_cast<ptrdiff_t>(shown), ", "),
           shown < missing.size() ? ", ..." : ""),
       std::string(base_name(listing.archives.front())), 0});
}

void finish(const ImagenetValLabels& labels, SourceListing& listing) {
  listing.class_names = labels.class_names;
  std::sort(listing.items.begin(), listing.items.end(),
            [](const SourceItem& a, const SourceItem& b) { return a.name < b.name; });
  note_labels_without_file(labels, listing);
}

std::string reason_to_skip_val(std::string_view name) {
  if (!imagenet_val_stem(name).empty()) return {};
  const std::string reason = reason_to_skip(name);
  return reason.empty() ? "not named like a validation image, left out" : reason;
}

}  // namespace

SourceListing list_imagenet_val_tar(const fs::path& archive, const std::vector<TarMember>& members,
                                    const ImagenetValLabels& labels) {
  SourceListing listing;
  listing.files = {archive.string()};
  listing.archives = {archive.string()};
  for (const TarMember& member : members) {
    if (member.type == TarMemberType::kFolder) continue;
    std::string reason = reason_not_a_file(member);
    if (reason.empty()) reason = reason_to_skip_val(member.name);
    if (!reason.empty()) {
      listing.notes.push_back(
          {member.name, reason, archive.filename().string(), member.header_offset_bytes});
      continue;
    }
    try {
      listing.items.push_back({std::string(base_name(member.name)), 0, member.offset_bytes,
                               member.size_bytes,
                               label_for(imagenet_val_stem(member.name), labels)});
    } catch (const Error& error) {
      throw error.at(archive.string(), member.header_offset_bytes);
    }
  }
  finish(labels, listing);
  return listing;
}

SourceListing list_imagenet_val_folder(const fs::path& folder, const ImagenetValLabels& labels) {
  SourceListing listing;
  listing.archives = {folder.string()};
  for (const fs::path& path : list_files(folder)) {
    const std::string name = path.filename().string();
    const std::string reason = reason_to_skip_val(name);
    if (!reason.empty()) {
      listing.notes.push_back({name, reason, name, 0});
      continue;
    }
    try {
      const int32_t label = label_for(imagenet_val_stem(name), labels);
      listing.items.push_back({name, static_cast<uint32_t>(listing.files.size()), 0, 0, label});
    } catch (const Error& error) {
      throw error.at(path.string());
    }
    listing.files.push_back(path.string());
  }
  run_parallel(listing.items.size(), [&](uint64_t i) {
    std::error_code error;
    listing.items[i].size_bytes = fs::file_size(listing.files[i], error);
    if (error) throw system_error("look at", listing.files[i], error.value());
  });
  finish(labels, listing);
  return listing;
}

}  // namespace stoker
