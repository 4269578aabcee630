#include "formats/tfrecord/example_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "formats/plain_fields.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

using Facts = std::map<std::string, FeatureFacts>;
using Wishes = std::map<std::string, std::string>;

const std::vector<std::string> kNames{kNameFeature, "image/file_name", "file_name", "filename"};
const std::vector<std::string> kLabels{kLabelFeature, "label", "labels", "class/label", "class"};
const std::vector<std::string> kClassTexts{kClassTextFeature, "image/class/synset"};
const std::vector<std::string> kImages{kImageFeature, "image", "image_raw", "img", "jpeg", "jpg"};

// What an image says itself, and what became a name.
constexpr std::array<std::string_view, 9> kToldByImage{
    "image/format",    "image/height",       "image/width", "image/channels",  "image/colorspace",
    kClassTextFeature, "image/class/synset", "image/depth", "image/key/sha256"};

constexpr uint64_t kMostInlineValues = 1024;

Field number_field(const std::string& name, const FeatureFacts& facts, uint64_t records) {
  Field field;
  field.name = name;
  field.dtype = facts.kind == FeatureKind::kFloat ? DType::kFloat32 : DType::kInt64;
  const bool fixed = facts.records == records && facts.min_count == facts.max_count &&
                     facts.max_count >= 1 && facts.max_count <= kMostInlineValues;
  if (!fixed) {
    field.axes = "I";
    return field;
  }
  field.storage = Storage::kInline;
  if (facts.max_count == 1) return field;
  field.axes = "I";
  field.shape = {static_cast<int64_t>(facts.max_count)};
  return field;
}

// A set without numbers may have texts for them.
std::vector<std::string> labels_or_texts() {
  std::vector<std::string> keys = kLabels;
  keys.insert(keys.end(), kClassTexts.begin(), kClassTexts.end());
  return keys;
}

class Choice {
 public:
  Choice(const Facts& features, uint64_t records, const Wishes& wishes,
         std::vector<SampleNote>& notes)
      : features_(features), records_(records), wishes_(wishes), notes_(notes) {}

  std::vector<ExampleField> choose() {
    for (const auto& [name, feature] : wishes_)
      take_wish(name, feature);
    if (!wishes_.contains("image")) take_image();
    if (!wishes_.contains("label")) take_label();
    take_rest();
    const auto rank = [](const ExampleField& field) {
      const std::string& name = field.field.name;
      return std::tuple(name == "image" ? 0 : name == "label" ? 1 : 2, name);
    };
    std::sort(fields_.begin(), fields_.end(),
              [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    return std::move(fields_);
  }

 private:
  void add(Field field, ExampleForm form, const std::string& feature) {
    taken_.insert(feature);
    names_.insert(field.name);
    fields_.push_back({std::move(field), form, feature, {}});
  }

  void take_wish(const std::string& name, const std::string& feature) {
    const auto found = features_.find(feature);
    if (found == features_.end()) {
      std::vector<std::string> names;
      for (const auto& [each, facts] : features_)
        names.push_back(each);
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--field {}={}: no sample has a feature of that name; there are {}",
                              name, feature, fmt::join(names, ", ")));
    }
    if (name == "label") {
      if (!is_class(found->second)) {
        throw Error(
            ErrorCode::kInvalidArgument,
            fmt::format("--field label={}: expected one whole number or one short text a "
                        "sample, found up to {} values of kind {}",
                        feature, found->second.max_count, feature_kind_name(found->second.kind)));
      }
      return add(class_index_field(), ExampleForm::kLabel, feature);
    }
    if (name == "image" && found->second.kind == FeatureKind::kBytes) {
      return add(encoded_image_field(name), ExampleForm::kImage, feature);
    }
    take(name, feature, found->second);
  }

  void take_image() {
    for (const std::string& name : kImages) {
      const auto found = features_.find(name);
      if (found == features_.end() || found->second.kind != FeatureKind::kBytes ||
          found->second.max_count != 1 || taken_.contains(name)) {
        continue;
      }
      return add(encoded_image_field("image"), ExampleForm::kImage, name);
    }
  }

  static bool is_class(const FeatureFacts& facts) {
    const bool text = facts.kind == FeatureKind::kBytes && facts.is_text;
    return facts.max_count == 1 && (facts.kind == FeatureKind::kInt64 || text);
  }

  void take_label() {
    for (const std::string& name : labels_or_texts()) {
      const auto found = features_.find(name);
      if (found == features_.end() || taken_.contains(name)) continue;
      if (is_class(found->second)) return add(class_index_field(), ExampleForm::kLabel, name);
      notes_.push_back({name,
                        fmt::format("is no class, with up to {} values of kind {} a sample: it "
                                    "stays a field of its own",
                                    found->second.max_count, feature_kind_name(found->second.kind)),
                        {},
                        0});
    }
  }

  void take(const std::string& wanted, const std::string& feature, const FeatureFacts& facts) {
    const std::string name = names_.contains(wanted) ? wanted + "_feature" : wanted;
    if (facts.kind == FeatureKind::kNone) return leave_out(feature, "has no value in any record");
    if (facts.kind != FeatureKind::kBytes) {
      return add(number_field(name, facts, records_), ExampleForm::kNumbers, feature);
    }
    if (facts.max_count > 1) {
      return leave_out(feature, fmt::format("holds up to {} byte strings a sample, which no field "
                                            "can",
                                            facts.max_count));
    }
    if (facts.holds_images && facts.max_count == 1) {
      return add(encoded_image_field(name), ExampleForm::kImage, feature);
    }
    add(facts.is_text ? utf8_text_field(name) : any_bytes_field(name), ExampleForm::kBytes,
        feature);
  }

  void take_rest() {
    const bool has_image = names_.contains("image");
    const auto name_key = std::find_if(kNames.begin(), kNames.end(), [&](const std::string& each) {
      return features_.contains(each);
    });
    std::vector<std::string> told;
    for (const auto& [name, facts] : features_) {
      if (taken_.contains(name)) continue;
      const bool is_name = name_key != kNames.end() && name == *name_key;
      const bool by_image = has_image && std::find(kToldByImage.begin(), kToldByImage.end(),
                                                   name) != kToldByImage.end();
      if (by_image) {
        told.push_back(name);
      } else if (!is_name) {
        take(name, name, facts);
      }
    }
    if (told.empty()) return;
    notes_.push_back({told.front(),
                      fmt::format("not kept as fields, since images and classes say it: {}",
                                  fmt::join(told, ", ")),
                      {},
                      0});
  }

  void leave_out(const std::string& feature, const std::string& why) {
    notes_.push_back({feature, "left out: the feature " + why, {}, 0});
  }

  const Facts& features_;
  uint64_t records_;
  const Wishes& wishes_;
  std::vector<SampleNote>& notes_;
  std::vector<ExampleField> fields_;
  std::set<std::string> taken_;  // features
  std::set<std::string> names_;  // fields
};

std::vector<ExampleField> own_fields(const Facts& features, const Schema& own) {
  std::vector<ExampleField> fields;
  for (const Field& field : own.fields) {
    ExampleField found{field, ExampleForm::kNumbers, field.name, {}};
    if (holds_class_index(field)) {
      found.form = ExampleForm::kLabel;
      found.feature = kLabelFeature;
    } else if (holds_encoded_image(field)) {
      found.form = ExampleForm::kImage;
      if (field.name == "image") found.feature = kImageFeature;
    } else if (holds_any_bytes(field)) {
      found.form = ExampleForm::kBytes;
    } else if (field.storage == Storage::kBlob) {
      found.shape_feature = shape_feature_of(field.name);
    }
    if (features.contains(found.feature)) fields.push_back(std::move(found));
  }
  return fields;
}

}  // namespace

ListingKeys listing_keys(const Wishes& fields, bool own) {
  ListingKeys keys{kNames, labels_or_texts(), kClassTexts};
  if (own) keys = {{kNameFeature}, {kLabelFeature}, {}};
  if (const auto label = fields.find("label"); label != fields.end()) keys.labels = {label->second};
  return keys;
}

std::vector<ExampleField> fields_of_examples(const Facts& features, uint64_t records,
                                             const Wishes& fields, const Schema* own,
                                             std::vector<SampleNote>& notes) {
  if (own != nullptr && fields.empty()) return own_fields(features, *own);
  return Choice(features, records, fields, notes).choose();
}

std::string shape_feature_of(const std::string& field) {
  return field + "/shape";
}

}  // namespace stoker
