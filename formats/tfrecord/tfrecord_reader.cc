#include "formats/tfrecord/tfrecord_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "formats/class_name_files.h"
#include "formats/image_names.h"
#include "formats/label_texts.h"
#include "formats/shard_inputs.h"
#include "formats/tfrecord/class_texts.h"
#include "formats/tfrecord/example_values.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/sample/inline_number.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Records whose label no other has are tried before their classes are believed, up to so many.
constexpr size_t kMostTriedLabels = 1000;
bool is_shard(const fs::path& file) {
  if (is_tfrecord_name(file)) return true;
  try {
    return is_tfrecord(*open_record_file(file));
  } catch (const Error&) {
    return false;
  }
}

std::vector<RecordListing> list_all(const std::vector<std::string>& paths, const ListingKeys& keys,
                                    bool skip_damaged, std::vector<char>& compressed) {
  std::vector<RecordListing> listings(paths.size());
  run_parallel(paths.size(), [&](uint64_t i) {
    const std::unique_ptr<ByteSource> source = open_record_file(paths[i]);
    compressed[i] = source->is_compressed();
    listings[i] = list_records(*source, keys, skip_damaged);
  });
  return listings;
}

}  // namespace

bool is_tfrecord_name(const fs::path& file) {
  const std::string name = to_lower(file.filename().string());
  if (name.find(".tfrec") != name.npos) return true;
  const size_t of = name.rfind("-of-");
  return of != name.npos && of >= 5 && name.find_first_not_of("0123456789", of + 4) == name.npos &&
         name.find_first_not_of("0123456789", of - 5) == of;
}

TfRecordReader::TfRecordReader(const SourceRequest& request) {
  const ShardInputs inputs = find_shards(request, is_shard);
  std::vector<size_t> splits;
  for (const ShardInput& shard : inputs.shards) {
    paths_.push_back(shard.path.string());
    splits.push_back(shard.split);
  }
  file_names_ = names_that_differ(paths_);
  facts_.splits = inputs.splits;
  facts_.sources = inputs.sources;
  const Schema* own = inputs.own ? &inputs.own->schema : nullptr;
  Listed all = list_files(request, own != nullptr, splits);
  std::vector<uint64_t> counts(paths_.size());
  for (const Place& place : places_)
    ++counts[place.file];
  for (size_t f = 0; f < counts.size(); ++f)
    check_sample_count(inputs.shards[f], counts[f], request.skip_damaged, facts_.notes);
  if (items_.empty()) throw Error(ErrorCode::kCorrupt, "holds no record", paths_.front());
  rename_damaged_twins();
  make_names_unique(
      items_, facts_.splits, [&](uint64_t i) { return number_name(i); }, facts_.notes);
  const auto sound = std::count_if(places_.begin(), places_.end(),
                                   [](const Place& each) { return !each.damaged; });
  fields_ = fields_of_examples(all.features, static_cast<uint64_t>(sound), request.fields, own,
                               facts_.notes);
  if (fields_.empty()) {
    throw Error(ErrorCode::kCorrupt, "no record is a tf.train.Example with a feature that is read",
                paths_.front());
  }
  for (const ExampleField& field : fields_)
    schema_.fields.push_back(field.field);
  find_labels(std::move(all), inputs.own ? inputs.own->class_names : std::vector<std::string>());
  key_contents();
}

TfRecordReader::Listed TfRecordReader::list_files(const SourceRequest& request, bool own,
                                                  const std::vector<size_t>& splits) {
  std::vector<char> compressed(paths_.size());
  Listed all;
  all.keys = listing_keys(request.fields, own);
  all.class_texts.resize(all.keys.class_texts.size());
  all.label_keys.resize(all.keys.labels.size());
  std::vector<RecordListing> listings =
      list_all(paths_, all.keys, request.skip_damaged, compressed);
  compressed_ = std::find(compressed.begin(), compressed.end(), 1) != compressed.end();
  sources_ = std::make_unique<OpenSources>(paths_, open_record_file, compressed_);
  for (uint32_t f = 0; f < paths_.size(); ++f)
    take_listing(f, splits[f], std::exchange(listings[f], {}), all);
  return all;
}

void TfRecordReader::take_listing(uint32_t file, size_t split, RecordListing listing, Listed& all) {
  try {
    join_features(all.features, listing.features);
  } catch (const Error& error) {
    throw error.at(paths_[file]);
  }
  for (size_t k = 0; k < all.class_texts.size(); ++k)
    join_class_texts(all.class_texts[k], listing.class_texts[k]);
  facts_.notes.insert(facts_.notes.end(), listing.notes.begin(), listing.notes.end());
  uint32_t number = 0;
  for (ListedRecord& record : listing.records) {
    places_.push_back({file, number++, record.place, record.damaged});
    PlannedItem item;
    item.name = std::move(record.name);
    item.split = split;
    item.estimated_bytes = record.place.size_bytes;
    items_.push_back(std::move(item));
    if (items_.back().name.empty()) items_.back().name = number_name(items_.size() - 1);
    if (!record.label.empty()) ++all.label_keys[record.label_key];
    all.labels.push_back(std::move(record.label));
  }
}

std::string TfRecordReader::number_name(uint64_t item) const {
  const Place& place = places_[item];
  return fmt::format("{}/{:06}", file_names_[place.file], place.number);
}

bool TfRecordReader::is_sound(uint64_t item) const {
  const Place& place = places_[item];
  if (place.damaged) return false;
  Bytes data;
  try {
    read_record(*sources_->open(place.file), place.record, data);
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kIo) throw;
    return false;
  }
}

// A name that another has too may be a damaged one: only sound records have a say in it.
void TfRecordReader::rename_damaged_twins() {
  std::unordered_map<std::string, std::vector<uint64_t>> twins;
  for (uint64_t i = 0; i < items_.size(); ++i)
    twins[fmt::format("{}\n{}", items_[i].split, items_[i].name)].push_back(i);
  for (const auto& [name, items] : twins) {
    if (items.size() != 2) continue;  // more than two: no accident
    for (const uint64_t item : items)
      if (!is_sound(item)) items_[item].name = number_name(item);
  }
}

// One damaged label among thousands must not be a class of its own.
void TfRecordReader::drop_damaged_labels(Listed& all) const {
  std::unordered_map<std::string, std::pair<uint64_t, uint64_t>> uses;  // count, last item
  for (uint64_t i = 0; i < all.labels.size(); ++i) {
    auto& [count, item] = uses[all.labels[i]];
    ++count;
    item = i;
  }
  size_t tried = 0;
  for (const auto& [label, use] : uses) {
    if (use.first > 1 || label.empty() || tried++ >= kMostTriedLabels) continue;
    if (is_sound(use.second)) continue;
    all.labels[use.second].clear();
    for (ClassTexts& texts : all.class_texts)
      texts.erase(label);
  }
}

// Names of a list, with one for label 0 where labels begin at 1 and the list does not.
std::vector<std::string> TfRecordReader::listed_classes(const fs::path& list, const Listed& all) {
  std::vector<std::string> names = without_numbers(read_class_names(list));
  const LabelRange range = label_range(all.labels);
  if (range.least < 1 || range.largest != static_cast<int64_t>(names.size())) return names;
  facts_.notes.push_back({list.filename().string(),
                          fmt::format("labels are 1 to {0} and the list has {0} names: they are "
                                      "taken for 1 to {0}, 0 is '{1}'",
                                      names.size(), kClassOfNothing),
                          {},
                          0});
  names.insert(names.begin(), kClassOfNothing);
  return names;
}

// One feature has the labels of all records: whoever mixes two must say which is meant.
void TfRecordReader::check_label_keys(const ExampleField& label, const Listed& all) const {
  for (size_t k = 0; k < all.label_keys.size(); ++k) {
    const std::string& other = all.keys.labels[k];
    if (all.label_keys[k] == 0 || other == label.feature) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{0} samples have their label in '{1}', others in '{2}': say "
                            "which is meant, --field label={2} or label={1}",
                            all.label_keys[k], other, label.feature),
                paths_.front());
  }
}

// The first texts that name each class, and no two alike ('crane' is two classes of ImageNet).
std::vector<std::string> TfRecordReader::classes_in_records(const Listed& all,
                                                            const std::string& label) {
  for (const ClassTexts& texts : all.class_texts) {
    std::vector<std::string> names = classes_of_texts(texts);
    if (!names.empty()) return names;
  }
  for (size_t k = 0; k < all.class_texts.size(); ++k) {
    const ClassTexts& texts = all.class_texts[k];
    const bool has_text = std::any_of(texts.begin(), texts.end(),
                                      [](const auto& each) { return !each.second.empty(); });
    if (!has_text || all.keys.class_texts[k] == label) continue;
    facts_.notes.push_back({all.keys.class_texts[k],
                            fmt::format("these texts are no class names, since not each label from "
                                        "0 (or 1) has one of its own; --field text={0} keeps them "
                                        "as texts",
                                        all.keys.class_texts[k]),
                            {},
                            0});
  }
  return {};
}

void TfRecordReader::note_labels_from_one(const Listed& all) {
  const LabelRange range = label_range(all.labels);
  if (range.least != 1) return;
  const bool has_synsets =
      !all.class_texts.empty() && !classes_of_texts(all.class_texts.back()).empty();
  const std::string way =
      has_synsets
          ? fmt::format("; --field label={} numbers them from 0, in the order of these texts",
                        all.keys.class_texts.back())
          : std::string();
  facts_.notes.push_back(
      {"label",
       fmt::format("labels are 1 to {}: kept as they stand, so that no sample is "
                   "of class 0 and there is one class more, as the original "
                   "ImageNet scripts have it{}",
                   range.largest, way),
       {},
       0});
}

void TfRecordReader::find_labels(Listed all, const std::vector<std::string>& own_classes) {
  const auto label = std::find_if(fields_.begin(), fields_.end(), [](const ExampleField& field) {
    return field.form == ExampleForm::kLabel;
  });
  if (label == fields_.end()) return;
  check_label_keys(*label, all);
  drop_damaged_labels(all);
  std::vector<std::string> names = own_classes;
  const fs::path list =
      find_beside(fs::path(paths_.front()).parent_path(),
                  {"labels.txt", std::string(base_name(label->feature)) + ".labels.txt",
                   "classes.json", "classes.txt"});
  if (names.empty() && !list.empty()) names = listed_classes(list, all);
  if (names.empty()) names = classes_in_records(all, label->feature);
  if (own_classes.empty()) note_labels_from_one(all);
  ClassLabels classes = label_classes(all.labels, names, list.string());
  labels_ = std::move(classes.labels);
  facts_.class_names = std::move(classes.class_names);
  facts_.notes.insert(facts_.notes.end(), classes.notes.begin(), classes.notes.end());
}

// The stored checksum changes with the data, and is read with them when their turn comes; until
// then places and labels stand for them.
void TfRecordReader::key_contents() {
  for (uint64_t i = 0; i < items_.size(); ++i) {
    const Place& place = places_[i];
    const uint64_t label = labels_.empty() ? 0 : static_cast<uint64_t>(labels_[i]);
    items_[i].content_key =
        (place.record.offset_bytes * kKeyFactor + place.record.size_bytes) * kKeyFactor + label;
  }
}

void TfRecordReader::read(Sample& sample) const {
  const Place& place = places_[sample.item];
  sample.source_path = paths_[place.file];
  sample.source_offset_bytes = place.record.offset_bytes;
  Bytes& data = sample.next_buffer();
  read_record(*sources_->open(place.file), place.record, data);
  sample.source_hash = xxh3_64(data);
  try {
    WireReader reader(data);
    const Features features = find_features(reader, {0, data.size()});
    for (const ExampleField& field : fields_) {
      if (field.form != ExampleForm::kLabel) {
        add_example_value(field, features, data, sample);
        continue;
      }
      if (labels_[sample.item] == kBadLabel) {
        throw Error(ErrorCode::kCorrupt,
                    fmt::format("the feature '{}' says no class", field.feature));
      }
      sample.values.push_back(inline_number(static_cast<int32_t>(labels_[sample.item]), sample));
    }
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), sample.source_path,
                sample.source_offset_bytes + error.offset_bytes().value_or(0));
  }
}

void TfRecordReader::prefetch(uint64_t item) const {
  const Place& place = places_[item];
  if (compressed_) return;
  sources_->open(place.file)->will_need(place.record.offset_bytes, place.record.size_bytes);
}

std::optional<int64_t> TfRecordReader::label(uint64_t item) const {
  if (labels_.empty() || labels_[item] == kBadLabel) return std::nullopt;
  return labels_[item];
}

std::vector<fs::path> TfRecordReader::source_files(uint64_t item) const {
  return {paths_[places_[item].file]};
}

uint64_t TfRecordReader::hash_source(uint64_t item) const {
  const Place& place = places_[item];
  Bytes data;
  read_record(*sources_->open(place.file), place.record, data);
  return xxh3_64(data);
}

}  // namespace stoker
