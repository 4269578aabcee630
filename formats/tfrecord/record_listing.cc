#include "formats/tfrecord/record_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "formats/image_names.h"
#include "formats/utf8_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/image/image_probe.h"

namespace stoker {
namespace {

constexpr uint64_t kFrontWindowBytes = 4096;
constexpr uint64_t kMostTextBytes = 1024;
constexpr uint64_t kImageFrontBytes = 64;
constexpr uint64_t kProbedRecords = 8;

struct ScannedFeature {
  std::string name;
  FeatureKind kind = FeatureKind::kNone;
  uint64_t count = 0;
  bool is_text = false;
  bool holds_image = false;
  std::string value;  // of short text, and of single numbers
};

bool is_plain_text(std::string_view text) {
  const bool controls = std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return c == 0x7f || (c < 0x20 && c != '\n' && c != '\t' && c != '\r');
  });
  return !controls && is_utf8(text);
}

class RecordScan {
 public:
  RecordScan(const ByteSource& source, const ListingKeys& keys) : source_(source), keys_(keys) {
    listing_.class_texts.resize(keys.class_texts.size());
  }

  void add(const RecordPlace& place, ByteSpan front) {
    ListedRecord record;
    record.place = place;
    std::vector<ScannedFeature> features;
    try {
      features = scan(place, front);
      if (!is_known(features)) check(place);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kIo) throw;
      if (error.code() == ErrorCode::kUnsupported && is_sound(place))
        throw error.at(source_.path());
      record.damaged = true;
    }
    if (!record.damaged) take(features, record);
    if (record.damaged) record.name.clear();
    listing_.records.push_back(std::move(record));
  }

  RecordListing& listing() { return listing_; }

 private:
  std::vector<ScannedFeature> scan(const RecordPlace& place, ByteSpan front) {
    const WireRange range{place.offset_bytes, place.offset_bytes + place.size_bytes};
    WireReader reader(source_, range, front);
    std::vector<ScannedFeature> scanned;
    for (const auto& [name, feature] : find_features(reader, range)) {
      ScannedFeature found;
      found.name = name;
      found.kind = feature.kind;
      found.count = count_values(reader, feature);
      if (feature.kind == FeatureKind::kBytes && found.count > 0) {
        look_at_bytes(*first_bytes_value(reader, feature), reader, found);
      } else if (feature.kind == FeatureKind::kInt64 && found.count == 1) {
        found.value = first_number(reader, feature);
      }
      scanned.push_back(std::move(found));
    }
    return scanned;
  }

  void look_at_bytes(WireRange value, WireReader& reader, ScannedFeature& found) const {
    if (listing_.records.size() < kProbedRecords) {
      const std::string front =
          reader.read_text({value.begin, value.begin + std::min(value.size(), kImageFrontBytes)});
      found.holds_image = image_kind(as_bytes(front)) != ImageKind::kUnknown;
    }
    if (value.size() > kMostTextBytes) return;
    found.value = reader.read_text(value);
    found.is_text = is_plain_text(found.value);
  }

  static std::string first_number(WireReader& reader, const FeaturePlace& feature) {
    for (const WireRange& list : feature.lists) {
      uint64_t at = list.begin;
      while (const auto field = reader.next_field(&at, list.end)) {
        const bool fits = field->type == WireType::kBytes || field->type == WireType::kVarint;
        if (field->number != 1 || !fits || field->value.size() == 0) continue;
        uint64_t place = field->value.begin;
        return std::to_string(static_cast<int64_t>(reader.read_varint(&place, field->value.end)));
      }
    }
    return {};
  }

  // Whether records with these features have been met, and were sound.
  bool is_known(const std::vector<ScannedFeature>& features) {
    std::string text;
    for (const ScannedFeature& feature : features) {
      text += fmt::format("{}\n{} {} {}\n", feature.name, static_cast<int>(feature.kind),
                          feature.count, feature.is_text);
    }
    signature_ = xxh3_64(as_bytes(text));
    return known_.contains(signature_);
  }

  void check(const RecordPlace& place) {
    read_record(source_, place, buffer_);
    known_.insert(signature_);
  }

  bool is_sound(const RecordPlace& place) {
    try {
      read_record(source_, place, buffer_);
      return true;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kIo) throw;
      return false;
    }
  }

  // The value of the feature `name`, where it is a single number or one short text; else nothing.
  static std::string value_of(const std::vector<ScannedFeature>& features,
                              const std::string& name) {
    const auto found =
        std::find_if(features.begin(), features.end(), [&](const ScannedFeature& feature) {
          return feature.name == name && feature.count == 1 &&
                 (feature.kind == FeatureKind::kInt64 || feature.is_text);
        });
    return found == features.end() ? std::string() : found->value;
  }

  // Of the first of `names` that has one; `which` says which it was.
  static std::string first_value(const std::vector<ScannedFeature>& features,
                                 const std::vector<std::string>& names, size_t* which) {
    for (*which = 0; *which < names.size(); ++*which) {
      std::string value = value_of(features, names[*which]);
      if (!value.empty()) return value;
    }
    return {};
  }

  // False where a text is another than that of the label's other records because of damage.
  bool take_class_texts(const std::vector<ScannedFeature>& features, ListedRecord& record) {
    if (record.label.empty()) return true;
    std::vector<std::string> texts;
    bool differs = false;
    for (size_t k = 0; k < keys_.class_texts.size(); ++k) {
      texts.push_back(value_of(features, keys_.class_texts[k]));
      const auto known = listing_.class_texts[k].find(record.label);
      differs = differs || (known != listing_.class_texts[k].end() && !known->second.empty() &&
                            known->second != texts.back());
    }
    if (differs && !is_sound(record.place)) {
      record.damaged = true;
      return false;
    }
    for (size_t k = 0; k < texts.size(); ++k)
      join_class_texts(listing_.class_texts[k], {{record.label, texts[k]}});
    return true;
  }

  void take(const std::vector<ScannedFeature>& features, ListedRecord& record) {
    size_t name_key = 0;
    record.name = first_value(features, keys_.names, &name_key);
    record.label = first_value(features, keys_.labels, &record.label_key);
    if (!take_class_texts(features, record)) return;
    std::map<std::string, FeatureFacts> facts;
    const bool probed = listing_.records.size() < kProbedRecords;
    for (const ScannedFeature& feature : features) {
      FeatureFacts& fact = facts[feature.name];
      fact.kind = feature.kind;
      fact.records = 1;
      fact.min_count = fact.max_count = feature.count;
      fact.is_text = feature.is_text || feature.count == 0;
      fact.holds_images = !probed || feature.holds_image;
    }
    join_features(listing_.features, facts);
  }

  const ByteSource& source_;
  const ListingKeys& keys_;
  RecordListing listing_;
  std::unordered_set<uint64_t> known_;
  uint64_t signature_ = 0;
  Bytes buffer_;
};

Error bad_frame(const ByteSource& source, const std::string& why, uint64_t offset) {
  return Error(ErrorCode::kCorrupt, "expected a TFRecord: " + why, source.path(), offset);
}

void walk(const ByteSource& source, RecordScan& scan) {
  const uint64_t size = source.size();
  Bytes front;
  for (uint64_t at = 0; at < size;) {
    front.resize(static_cast<size_t>(std::min(kFrontWindowBytes, size - at)));
    source.read(at, front);
    if (front.size() < kRecordFrontBytes) throw bad_frame(source, "the file is cut short", at);
    const auto length = parse_record_front(front);
    if (!length) throw bad_frame(source, "the length does not match its checksum", at);
    const uint64_t left = size - at - kRecordFrontBytes;
    if (left < kRecordEndBytes || *length > left - kRecordEndBytes) {
      throw bad_frame(
          source,
          fmt::format("{} bytes should follow, the file has {}: it is cut short", *length, left),
          at);
    }
    scan.add({at + kRecordFrontBytes, *length}, ByteSpan(front).subspan(kRecordFrontBytes));
    at += kRecordFrontBytes + *length + kRecordEndBytes;
  }
}

}  // namespace

RecordListing list_records(const ByteSource& source, const ListingKeys& keys, bool skip_damaged) {
  RecordScan scan(source, keys);
  const std::string file(base_name(source.path()));
  try {
    walk(source, scan);
  } catch (const Error& error) {
    if (!skip_damaged || error.code() != ErrorCode::kCorrupt) throw error.at(source.path());
    scan.listing().notes.push_back({file, "the rest of this file is lost: " + error.message(), file,
                                    error.offset_bytes().value_or(0)});
  }
  if (scan.listing().records.empty()) {
    scan.listing().notes.push_back({file, "the file holds no record", file, 0});
  }
  return std::move(scan.listing());
}

void join_features(std::map<std::string, FeatureFacts>& features,
                   const std::map<std::string, FeatureFacts>& more) {
  for (const auto& [name, fact] : more) {
    const auto [place, is_new] = features.emplace(name, fact);
    FeatureFacts& joined = place->second;
    if (is_new) continue;
    // An empty list may have been written without a kind.
    if (joined.kind == FeatureKind::kNone) joined.kind = fact.kind;
    if (fact.kind != FeatureKind::kNone && fact.kind != joined.kind) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("the feature '{}' is {} in some records and {} in others", name,
                              feature_kind_name(joined.kind), feature_kind_name(fact.kind)));
    }
    joined.records += fact.records;
    joined.min_count = std::min(joined.min_count, fact.min_count);
    joined.max_count = std::max(joined.max_count, fact.max_count);
    joined.is_text = joined.is_text && fact.is_text;
    joined.holds_images = joined.holds_images && fact.holds_images;
  }
}

void join_class_texts(ClassTexts& texts, const ClassTexts& more) {
  for (const auto& [label, text] : more) {
    const auto [place, is_new] = texts.emplace(label, text);
    if (!is_new && place->second != text) place->second.clear();
  }
}

}  // namespace stoker
