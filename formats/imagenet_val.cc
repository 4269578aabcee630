#include "formats/imagenet_val.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "formats/image_names.h"
#include "formats/tree_filter.h"
#include "libdata/core/error.h"

namespace stoker {
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

}  // namespace

SourceListing list_imagenet_val(const ListedTree& tree, const ImagenetValLabels& labels) {
  SourceListing listing;
  listing.archives = {tree.root};
  listing.class_names = labels.class_names;
  for (const ListedEntry& entry : tree.entries) {
    if (entry.kind != ListedKind::kFile) continue;
    const std::string_view stem = imagenet_val_stem(entry.path);
    if (stem.empty()) {
      listing.notes.push_back(note_on(tree, entry, "not named like a validation image, left out"));
      continue;
    }
    try {
      listing.items.push_back({std::string(base_name(entry.path)), entry.file, entry.offset_bytes,
                               entry.size_bytes, label_for(stem, labels)});
    } catch (const Error& error) {
      throw error.at(tree.files[entry.file], entry.place);
    }
  }
  note_labels_without_file(labels, listing);
  return listing;
}

}  // namespace stoker
