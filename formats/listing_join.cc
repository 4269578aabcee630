#include "formats/listing_join.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// Adds to `all` what it lacks of `names`; returns where each stands in it.
std::vector<uint32_t> join_names(const std::vector<std::string>& names,
                                 std::vector<std::string>& all) {
  std::vector<uint32_t> places;
  for (const std::string& name : names) {
    const auto found = std::find(all.begin(), all.end(), name);
    places.push_back(static_cast<uint32_t>(found - all.begin()));
    if (found == all.end()) all.push_back(name);
  }
  return places;
}

}  // namespace

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
    const std::vector<uint32_t> splits = join_names(listing.splits, all.splits);
    for (SourceItem& item : listing.items) {
      item.file += first_file;
      item.split = splits[item.split];
    }
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

void refuse_equal_names(const SourceListing& listing) {
  std::vector<std::unordered_map<std::string_view, const SourceItem*>> seen(listing.splits.size());
  for (const SourceItem& item : listing.items) {
    const auto [before, fresh] = seen[item.split].emplace(item.name, &item);
    if (fresh) continue;
    throw Error(ErrorCode::kInvalidArgument,
                item.name + " is also in " + listing.files[before->second->file] +
                    "; sample names must be unique, pack the two into data sets of their own",
                listing.files[item.file]);
  }
}

}  // namespace stoker
