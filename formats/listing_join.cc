#include "formats/listing_join.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "formats/image_names.h"
#include "libdata/core/error.h"

namespace stoker {

void renumber_classes(SourceListing& listing, const std::vector<std::string>& names) {
  std::vector<int32_t> index_of;
  for (const std::string& name : listing.class_names) {
    const auto place = std::lower_bound(names.begin(), names.end(), name);
    if (place == names.end() || *place != name) {
      throw Error(ErrorCode::kCorrupt,
                  "class " + name + " is not among the " + std::to_string(names.size()) +
                      " classes of the devkit; does it belong to this data set?",
                  listing.archives.empty() ? std::string() : listing.archives.front());
    }
    index_of.push_back(static_cast<int32_t>(place - names.begin()));
  }
  for (SourceItem& item : listing.items) {
    if (item.label >= 0) item.label = index_of[static_cast<size_t>(item.label)];
  }
  listing.class_names = names;
}

SourceListing join_listings(std::vector<SourceListing> listings) {
  if (listings.size() == 1) return std::move(listings.front());
  std::set<std::string> names;
  for (const SourceListing& listing : listings) {
    names.insert(listing.class_names.begin(), listing.class_names.end());
  }
  SourceListing all;
  all.class_names.assign(names.begin(), names.end());
  for (SourceListing& listing : listings) {
    renumber_classes(listing, all.class_names);
    const auto first_file = static_cast<uint32_t>(all.files.size());
    for (SourceItem& item : listing.items)
      item.file += first_file;
    const auto append = [](auto& from, auto& to) {
      std::move(from.begin(), from.end(), std::back_inserter(to));
    };
    append(listing.files, all.files);
    append(listing.archives, all.archives);
    append(listing.items, all.items);
    append(listing.notes, all.notes);
  }
  return all;
}

void settle_equal_names(SourceListing& listing) {
  std::unordered_map<std::string_view, size_t> last;
  last.reserve(listing.items.size());
  std::vector<size_t> replaced;
  for (size_t i = 0; i < listing.items.size(); ++i) {
    const SourceItem& item = listing.items[i];
    const auto [place, fresh] = last.emplace(item.name, i);
    if (fresh) continue;
    const SourceItem& before = listing.items[place->second];
    if (before.file != item.file) {
      throw Error(ErrorCode::kInvalidArgument,
                  item.name + " is also in " + listing.files[before.file] +
                      "; sample names must be unique, pack the two into data sets of their own",
                  listing.files[item.file]);
    }
    const bool later = item.offset_bytes > before.offset_bytes;
    replaced.push_back(later ? place->second : i);
    if (later) place->second = i;
  }
  if (replaced.empty()) return;
  std::sort(replaced.begin(), replaced.end());
  for (const size_t i : replaced) {
    const SourceItem& item = listing.items[i];
    listing.notes.push_back({item.name, "replaced by a later member of the same name",
                             std::string(base_name(listing.files[item.file])), item.offset_bytes});
  }
  std::vector<SourceItem> kept;
  kept.reserve(listing.items.size() - replaced.size());
  auto next = replaced.begin();
  for (size_t i = 0; i < listing.items.size(); ++i) {
    if (next != replaced.end() && *next == i) {
      ++next;
    } else {
      kept.push_back(std::move(listing.items[i]));
    }
  }
  listing.items = std::move(kept);
}

}  // namespace stoker
