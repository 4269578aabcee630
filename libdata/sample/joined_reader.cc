#include "libdata/sample/joined_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "libdata/core/error.h"

namespace stoker {
namespace {

void refuse(const std::string& first, const std::string& second, const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} and {} cannot be joined: {}", first, second, why));
}

size_t split_index(std::vector<std::string>& splits, const std::string& name) {
  const auto found = std::find(splits.begin(), splits.end(), name);
  if (found != splits.end()) return static_cast<size_t>(found - splits.begin());
  splits.push_back(name);
  return splits.size() - 1;
}

}  // namespace

JoinedReader::JoinedReader(std::vector<std::unique_ptr<SourceReader>> readers,
                           const std::vector<std::string>& names)
    : readers_(std::move(readers)) {
  facts_.splits.clear();
  facts_.class_names = readers_.front()->facts().class_names;
  std::unordered_map<std::string, size_t> owner;  // of each split and name
  for (size_t r = 0; r < readers_.size(); ++r) {
    const SourceReader& reader = *readers_[r];
    if (!(reader.schema() == schema())) refuse(names[0], names[r], "their fields differ");
    if (reader.facts().class_names != facts_.class_names) {
      refuse(names[0], names[r], "their classes differ, or are numbered differently");
    }
    std::vector<size_t> splits;
    for (const std::string& split : reader.facts().splits)
      splits.push_back(split_index(facts_.splits, split));
    first_items_.push_back(items_.size());
    for (PlannedItem item : reader.items()) {
      item.split = splits[item.split];
      const auto [twin, is_new] = owner.emplace(facts_.splits[item.split] + "\t" + item.name, r);
      if (!is_new) {
        refuse(names[twin->second], names[r],
               fmt::format("both hold '{}' in split {}", item.name, facts_.splits[item.split]));
      }
      items_.push_back(std::move(item));
    }
    const SourceFacts& facts = reader.facts();
    std::copy(facts.sources.begin(), facts.sources.end(), std::back_inserter(facts_.sources));
    std::copy(facts.notes.begin(), facts.notes.end(), std::back_inserter(facts_.notes));
  }
}

JoinedReader::Place JoinedReader::place_of(uint64_t item) const {
  const auto after = std::upper_bound(first_items_.begin(), first_items_.end(), item);
  const auto r = static_cast<size_t>(after - first_items_.begin()) - 1;
  return {readers_[r].get(), item - first_items_[r]};
}

SourceAccess JoinedReader::access() const {
  const bool any = std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) {
    return reader->access() == SourceAccess::kInOrder;
  });
  return any ? SourceAccess::kInOrder : SourceAccess::kRandom;
}

void JoinedReader::read(Sample& sample) const {
  const uint64_t item = sample.item;
  const Place place = place_of(item);
  sample.item = place.item;
  try {
    place.reader->read(sample);
  } catch (...) {
    sample.item = item;
    throw;
  }
  sample.item = item;
}

void JoinedReader::prefetch(uint64_t item) const {
  const Place place = place_of(item);
  place.reader->prefetch(place.item);
}

std::optional<int64_t> JoinedReader::label(uint64_t item) const {
  const Place place = place_of(item);
  return place.reader->label(place.item);
}

bool JoinedReader::tells_changes() const {
  return std::all_of(readers_.begin(), readers_.end(),
                     [](const auto& reader) { return reader->tells_changes(); });
}

std::vector<std::filesystem::path> JoinedReader::source_files(uint64_t item) const {
  const Place place = place_of(item);
  return place.reader->source_files(place.item);
}

uint64_t JoinedReader::hash_source(uint64_t item) const {
  const Place place = place_of(item);
  return place.reader->hash_source(place.item);
}

}  // namespace stoker
