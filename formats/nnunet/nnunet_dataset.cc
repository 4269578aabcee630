#include "formats/nnunet/nnunet_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

constexpr const char* kWhat = "nnU-Net's dataset.json";
constexpr const char* kIgnore = "ignore";
constexpr int64_t kMostLabels = 256;  // labels are read as uint8

std::optional<int64_t> as_number(const std::string& text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

int64_t label_value(const Json& json) {
  if (json.is_string()) {  // {"liver": "1"} is met in the wild
    if (const auto number = as_number(json.get<std::string>())) return *number;
  }
  return read_int64(json);
}

void add_label(const std::string& name, int64_t value, NnunetDataset& dataset) {
  if (value < 0 || value >= kMostLabels) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("label '{}' is {}: values from 0 to 255 are read", name, value));
  }
  if (name == kIgnore) {
    dataset.ignore_label = value;
  } else {
    dataset.labels[value] = name;
  }
}

// {"background": 0, "tumour": 1} of version 2, {"0": "background", "1": "tumour"} of version 1.
void take_labels(const Json& labels, NnunetDataset& dataset) {
  for (const auto& [key, value] : labels.items()) {
    if (value.is_array()) {
      if (value.size() == 1) {
        add_label(key, label_value(value.at(0)), dataset);
      } else {
        dataset.has_regions = true;
      }
      continue;
    }
    const auto number = as_number(key);
    const bool reversed = number && value.is_string() && !as_number(value.get<std::string>());
    if (reversed) {
      add_label(value.get<std::string>(), *number, dataset);
    } else {
      add_label(key, label_value(value), dataset);
    }
  }
}

void take_channels(const Json& channels, NnunetDataset& dataset) {
  std::map<int64_t, std::string> by_number;
  for (const auto& [key, name] : channels.items()) {
    const auto number = as_number(key);
    if (!number || *number < 0) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("expected the number of a channel, found '{}'", key));
    }
    by_number[*number] = name.get<std::string>();
  }
  for (const auto& [number, name] : by_number)
    dataset.channel_names.push_back(name);
}

}  // namespace

NnunetDataset parse_nnunet_dataset(std::string_view text) {
  NnunetDataset dataset;
  read_json(text, kWhat, [&](const Json& json) {
    take_channels(json.contains("channel_names") ? json.at("channel_names") : json.at("modality"),
                  dataset);
    take_labels(json.at("labels"), dataset);
    if (json.contains("file_ending"))
      dataset.file_ending = json.at("file_ending").get<std::string>();
    if (json.contains("dataset")) {
      throw Error(
          ErrorCode::kUnsupported,
          "lists its cases under 'dataset', which is not read: cases are those of imagesTr; "
          "without that entry they are found there");
    }
    if (json.contains("numTraining")) dataset.training_count = read_uint64(json.at("numTraining"));
  });
  if (dataset.channel_names.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected at least one channel, found none");
  }
  return dataset;
}

std::string encode_nnunet_dataset(const NnunetDataset& dataset) {
  Json channels = Json::object();
  for (size_t i = 0; i < dataset.channel_names.size(); ++i)
    channels[std::to_string(i)] = dataset.channel_names[i];
  Json labels = Json::object();
  for (const auto& [value, name] : dataset.labels)
    labels[name] = value;
  if (dataset.ignore_label) labels[kIgnore] = *dataset.ignore_label;
  const Json json{{"channel_names", channels},
                  {"labels", labels},
                  {"numTraining", dataset.training_count},
                  {"file_ending", dataset.file_ending}};
  return json.dump(4) + "\n";
}

std::vector<std::string> class_names_of(const NnunetDataset& dataset) {
  std::vector<std::string> names;
  if (dataset.has_regions || dataset.labels.empty()) return names;
  const int64_t last = dataset.labels.rbegin()->first;
  for (int64_t value = 0; value <= last; ++value) {
    const auto found = dataset.labels.find(value);
    names.push_back(found == dataset.labels.end() ? fmt::format("class {}", value) : found->second);
  }
  return names;
}

std::vector<std::string> parse_validation_cases(std::string_view text) {
  std::vector<std::string> cases;
  read_json(text, kNnunetSplitsName, [&](const Json& json) {
    for (const Json& name : json.at(0).at("val"))
      cases.push_back(name.get<std::string>());
  });
  return cases;
}

std::string encode_splits(const std::vector<std::string>& train,
                          const std::vector<std::string>& val) {
  return Json::array({Json{{"train", train}, {"val", val}}}).dump(4) + "\n";
}

}  // namespace stoker
