#include "formats/webdataset/webdataset_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "formats/class_name_files.h"
#include "formats/image_names.h"
#include "formats/label_texts.h"
#include "formats/shard_inputs.h"
#include "formats/webdataset/member_values.h"
#include "formats/webdataset/npy_member.h"
#include "formats/webdataset/sample_keys.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/sample/inline_number.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Members of one sample are read at once, where what lies between them is no more than this.
constexpr uint64_t kGapBytes = 4096;
constexpr uint64_t kMostLabelBytes = 256;
constexpr uint64_t kMostJsonBytes = uint64_t{16} << 20;

// Shards are listed side by side; of compressed ones that inflates them.
std::vector<ShardListing> list_shards(const std::vector<std::string>& paths, bool skip_damaged,
                                      std::vector<char>& compressed) {
  std::vector<ShardListing> listings(paths.size());
  run_parallel(paths.size(), [&](uint64_t i) {
    const std::unique_ptr<ByteSource> source = open_byte_source(paths[i]);
    compressed[i] = source->is_compressed();
    listings[i] = list_shard(*source, skip_damaged);
  });
  return listings;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\0";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kBlank) - begin + 1));
}

// "train-000000" of "train-000000.tar.gz".
std::string stem_of(std::string name) {
  for (const std::string_view ending : {".gz", ".tgz", ".tar"})
    if (to_lower(name).ends_with(ending)) name.erase(name.size() - ending.size());
  return name;
}

}  // namespace

bool is_webdataset_shard(const fs::path& file) {
  const std::string name = to_lower(file.filename().string());
  return name.ends_with(".tar") || name.ends_with(".tar.gz") || name.ends_with(".tgz");
}

WebDatasetReader::WebDatasetReader(const SourceRequest& request) {
  const ShardInputs inputs = find_shards(request, is_webdataset_shard);
  std::vector<size_t> splits;
  for (const ShardInput& shard : inputs.shards) {
    paths_.push_back(shard.path.string());
    splits.push_back(shard.split);
  }
  for (const std::string& name : names_that_differ(paths_))
    stems_.push_back(stem_of(name));
  facts_.splits = inputs.splits;
  facts_.sources = inputs.sources;
  std::vector<char> compressed(paths_.size());
  std::vector<ShardListing> listings = list_shards(paths_, request.skip_damaged, compressed);
  compressed_ = std::find(compressed.begin(), compressed.end(), 1) != compressed.end();
  sources_ = std::make_unique<OpenSources>(paths_, open_byte_source, compressed_);
  for (size_t s = 0; s < listings.size(); ++s) {
    check_sample_count(inputs.shards[s], listings[s].samples.size(), request.skip_damaged,
                       facts_.notes);
  }
  take_listings(std::move(listings), splits);
  if (items_.empty()) {
    throw Error(ErrorCode::kCorrupt,
                "holds no sample: no member has a name of the form KEY.EXTENSION", paths_.front());
  }
  find_fields(request, inputs.own ? &inputs.own->schema : nullptr);
  find_arrays();
  find_labels(inputs.own ? inputs.own->class_names : std::vector<std::string>());
  for (const MemberField& field : fields_)
    schema_.fields.push_back(field.field);
  key_contents();
}

// Numbers extensions through all shards; an item a sample, called by its key.
void WebDatasetReader::take_listings(std::vector<ShardListing> listings,
                                     const std::vector<size_t>& splits) {
  std::unordered_map<std::string, uint32_t> numbers;
  for (uint32_t s = 0; s < listings.size(); ++s) {
    ShardListing& listing = listings[s];
    const auto names = read_sample_names(paths_[s]);
    std::vector<uint32_t> renumbered;
    for (const std::string& extension : listing.extensions) {
      const auto next = static_cast<uint32_t>(extensions_.size());
      const auto [place, is_new] = numbers.emplace(extension, next);
      if (is_new) extensions_.push_back(extension);
      renumbered.push_back(place->second);
    }
    const uint64_t first = members_.size();
    for (ShardMember& member : listing.members) {
      member.extension = renumbered[member.extension];
      members_.push_back(member);
    }
    for (ShardSample& sample : listing.samples) {
      places_.push_back({s, sample.member_count, first + sample.first_member});
      PlannedItem item;
      const auto name = names.find(sample.key);
      item.name = name == names.end() ? std::move(sample.key) : name->second;
      item.split = splits[s];
      items_.push_back(std::move(item));
    }
    facts_.notes.insert(facts_.notes.end(), listing.notes.begin(), listing.notes.end());
    listing = {};
  }
  make_names_unique(
      items_, facts_.splits,
      [&](uint64_t i) { return stems_[places_[i].shard] + "/" + items_[i].name; }, facts_.notes);
}

void WebDatasetReader::find_fields(const SourceRequest& request, const Schema* own) {
  MemberFieldsRequest wanted;
  wanted.extensions = extensions_;
  wanted.fields = request.fields;
  wanted.own = own;
  wanted.together = [&](uint32_t a, uint32_t b) {
    return std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
      int found = 0;
      for (uint64_t m = 0; m < place.member_count; ++m) {
        const uint32_t extension = members_[place.first_member + m].extension;
        found += extension == a || extension == b ? 1 : 0;
      }
      return found > 1;
    });
  };
  fields_ = fields_of_members(wanted);
  for (const MemberField& field : fields_) {
    if (field.kind == MemberKind::kLabel) continue;
    const auto lacks = [&](const Place& place) { return find_member(place, field) == nullptr; };
    const auto count = std::count_if(places_.begin(), places_.end(), lacks);
    if (count == 0) continue;
    const auto first = std::find_if(places_.begin(), places_.end(), lacks) - places_.begin();
    facts_.notes.push_back(
        {items_[static_cast<size_t>(first)].name,
         fmt::format("{} samples have no member for the field '{}'", count, field.field.name),
         {},
         0});
  }
}

// The first array of each field says what all must be.
void WebDatasetReader::find_arrays() {
  for (MemberField& field : fields_) {
    if (field.kind != MemberKind::kArray || field.field.axes != "B") continue;
    const auto has = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& p) { return find_member(p, field) != nullptr; });
    const ShardMember& member = *find_member(*has, field);
    const Bytes front =
        sources_->open(has->shard)
            ->read_up_to(member.offset_bytes, std::min(member.size_bytes, kNpyFrontBytes));
    shape_array_field(front, items_[static_cast<size_t>(has - places_.begin())].name, field,
                      facts_.notes);
  }
}

std::string WebDatasetReader::label_text(uint64_t item, const MemberField& field) const {
  const Place& place = places_[item];
  const ShardMember* member = find_member(place, field);
  const uint64_t most = field.json_key.empty() ? kMostLabelBytes : kMostJsonBytes;
  if (member == nullptr) return {};
  if (member->size_bytes > most) return std::string(kNoClassText);
  const Bytes bytes = member_bytes(place, *member);
  if (field.json_key.empty()) return trimmed(as_text(bytes));
  return label_in_json(as_text(bytes), field.json_key);
}

// Where nothing is the label, and the first JSON member has what looks like one.
void WebDatasetReader::note_label_in_json() {
  for (const MemberField& field : fields_) {
    if (field.kind != MemberKind::kText || extensions_[field.extensions.front()] != "json")
      continue;
    for (size_t i = 0; i < places_.size(); ++i) {
      const ShardMember* member = find_member(places_[i], field);
      if (member == nullptr || member->size_bytes > kMostJsonBytes) continue;
      const std::string key = likely_label_key(as_text(member_bytes(places_[i], *member)));
      if (key.empty()) return;
      facts_.notes.push_back({items_[i].name,
                              fmt::format("no member is a class, but the JSON holds '{0}': --field "
                                          "label=json:{0} makes it the label",
                                          key),
                              {},
                              0});
      return;
    }
  }
}

void WebDatasetReader::find_labels(const std::vector<std::string>& own_classes) {
  const auto label = std::find_if(fields_.begin(), fields_.end(), [](const MemberField& field) {
    return field.kind == MemberKind::kLabel;
  });
  if (label == fields_.end()) return note_label_in_json();
  std::vector<std::string> texts(items_.size());
  constexpr uint64_t kAtOnce = 1024;
  run_parallel((items_.size() + kAtOnce - 1) / kAtOnce, [&](uint64_t piece) {
    const uint64_t end = std::min<uint64_t>(items_.size(), (piece + 1) * kAtOnce);
    for (uint64_t i = piece * kAtOnce; i < end; ++i)
      texts[i] = label_text(i, *label);
  });
  const fs::path list =
      find_beside(fs::path(paths_.front()).parent_path(), {"classes.json", "classes.txt"});
  const bool from_list = own_classes.empty() && !list.empty();
  ClassLabels classes =
      label_classes(texts, from_list ? read_class_names(list) : own_classes, list.string());
  labels_ = std::move(classes.labels);
  facts_.class_names = std::move(classes.class_names);
  facts_.notes.insert(facts_.notes.end(), classes.notes.begin(), classes.notes.end());
}

// Sizes and places alone: what is written over in place is found by the times of files.
void WebDatasetReader::key_contents() {
  for (uint64_t i = 0; i < items_.size(); ++i) {
    const Place& place = places_[i];
    uint64_t key = labels_.empty() ? 0 : static_cast<uint64_t>(labels_[i]);
    for (uint64_t m = 0; m < place.member_count; ++m) {
      const ShardMember& member = members_[place.first_member + m];
      key = key * kKeyFactor + (member.offset_bytes ^ (member.size_bytes << 32));
      items_[i].estimated_bytes += member.size_bytes;
    }
    items_[i].content_key = key;
  }
}

const ShardMember* WebDatasetReader::find_member(const Place& place,
                                                 const MemberField& field) const {
  for (uint64_t m = 0; m < place.member_count; ++m) {
    const ShardMember& member = members_[place.first_member + m];
    const auto& wanted = field.extensions;
    if (std::find(wanted.begin(), wanted.end(), member.extension) != wanted.end()) return &member;
  }
  return nullptr;
}

Bytes WebDatasetReader::member_bytes(const Place& place, const ShardMember& member) const {
  Bytes bytes(static_cast<size_t>(member.size_bytes));
  sources_->open(place.shard)->read(member.offset_bytes, bytes);
  return bytes;
}

// From the first member to the end of the last; 0 where they lie too far apart to be read at once.
uint64_t WebDatasetReader::span_of(const Place& place, uint64_t* begin) const {
  uint64_t end = 0;
  uint64_t bytes = 0;
  *begin = ~uint64_t{0};
  for (uint64_t m = 0; m < place.member_count; ++m) {
    const ShardMember& member = members_[place.first_member + m];
    *begin = std::min(*begin, member.offset_bytes);
    end = std::max(end, member.offset_bytes + member.size_bytes);
    bytes += member.size_bytes + kGapBytes;
  }
  return end - *begin <= bytes ? end - *begin : 0;
}

void WebDatasetReader::read(Sample& sample) const {
  const Place& place = places_[sample.item];
  uint64_t begin = 0;
  const uint64_t span = span_of(place, &begin);
  sample.source_path = paths_[place.shard];
  sample.source_offset_bytes = begin;
  const std::shared_ptr<const ByteSource> source = sources_->open(place.shard);
  Bytes& together = sample.next_buffer();
  together.resize(static_cast<size_t>(span));
  if (span > 0) source->read(begin, together);
  for (const MemberField& field : fields_) {
    const ShardMember* member = find_member(place, field);
    if (field.kind == MemberKind::kLabel) {
      const bool bad = labels_[sample.item] == kBadLabel;
      if (bad) refuse_label(field, sample.source_path, member->offset_bytes);
      sample.values.push_back(inline_number(static_cast<int32_t>(labels_[sample.item]), sample));
      continue;
    }
    if (member == nullptr) {
      add_missing(field, sample);
      continue;
    }
    ByteSpan bytes;
    if (span > 0) {
      bytes = ByteSpan(together).subspan(static_cast<size_t>(member->offset_bytes - begin),
                                         static_cast<size_t>(member->size_bytes));
    } else {
      Bytes& own = sample.next_buffer();
      own.resize(static_cast<size_t>(member->size_bytes));
      source->read(member->offset_bytes, own);
      bytes = own;
    }
    add_member(field, bytes, member->offset_bytes, sample);
  }
  sample.source_hash = hash_of(*source, place, together, begin);
}

// `together` holds the file from `begin` on; empty: members are read one by one.
uint64_t WebDatasetReader::hash_of(const ByteSource& source, const Place& place, ByteSpan together,
                                   uint64_t begin) const {
  uint64_t hash = 0;
  Bytes own;
  for (uint64_t m = 0; m < place.member_count; ++m) {
    const ShardMember& member = members_[place.first_member + m];
    ByteSpan bytes;
    if (!together.empty()) {
      bytes = together.subspan(static_cast<size_t>(member.offset_bytes - begin),
                               static_cast<size_t>(member.size_bytes));
    } else {
      own.resize(static_cast<size_t>(member.size_bytes));
      source.read(member.offset_bytes, own);
      bytes = own;
    }
    hash = hash * kKeyFactor + xxh3_64(bytes);
  }
  return hash;
}

uint64_t WebDatasetReader::hash_source(uint64_t item) const {
  const Place& place = places_[item];
  return hash_of(*sources_->open(place.shard), place, {}, 0);
}

void WebDatasetReader::prefetch(uint64_t item) const {
  uint64_t begin = 0;
  const uint64_t span = span_of(places_[item], &begin);
  if (span > 0 && !compressed_) sources_->open(places_[item].shard)->will_need(begin, span);
}

std::optional<int64_t> WebDatasetReader::label(uint64_t item) const {
  if (labels_.empty() || labels_[item] == kBadLabel) return std::nullopt;
  return labels_[item];
}

std::vector<fs::path> WebDatasetReader::source_files(uint64_t item) const {
  return {paths_[places_[item].shard]};
}

}  // namespace stoker
