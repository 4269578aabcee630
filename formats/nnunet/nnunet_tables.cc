#include "formats/nnunet/nnunet_tables.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <vector>

#include "formats/nnunet/nnunet_dataset.h"
#include "formats/unit_record.h"
#include "formats/volume_file.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kBackground = "background";

const Field* label_of(const Manifest& manifest) {
  const auto label = manifest.schema.find(kLabelField);
  const bool volume = label && manifest.schema.fields[*label].storage == Storage::kBlob;
  return volume ? &manifest.schema.fields[*label] : nullptr;
}

// Where names say it, or the field does; nothing where only the values themselves can.
std::vector<std::string> known_names(const Manifest& manifest) {
  if (!manifest.class_names.empty()) return manifest.class_names;
  const Field* label = label_of(manifest);
  if (label == nullptr) return {kBackground};
  if (*label == label_field()) return {kBackground, "surface"};
  return {};
}

// The case names of each split, by the unit records; and the label files.
struct WrittenCases {
  std::map<std::string, std::vector<std::string>> cases;  // by split
  std::vector<fs::path> labels;
};

WrittenCases list_written(const fs::path& folder, const Manifest& manifest,
                          const std::string& ending) {
  std::map<std::string, std::string> split_of;  // unit
  for (const SplitEntry& split : manifest.splits) {
    for (const ShardSummary& unit : split.shards)
      split_of[unit.file] = split.name;
  }
  constexpr std::string_view kFirst = "_0000";
  WrittenCases written;
  for (const UnitRecord& record : list_unit_records(folder)) {
    const auto split = split_of.find(record.summary.file);
    if (split == split_of.end()) continue;
    for (const UnitFileEntry& file : record.files) {
      const std::string name = fs::path(file.path).filename().string();
      if (file.path.starts_with("labels")) written.labels.push_back(folder / file.path);
      if (!file.path.starts_with("images") || !name.ends_with(std::string(kFirst) + ending))
        continue;
      written.cases[split->second].push_back(
          name.substr(0, name.size() - kFirst.size() - ending.size()));
    }
  }
  for (auto& [split, cases] : written.cases)
    std::sort(cases.begin(), cases.end());
  return written;
}

int largest_label(const std::vector<fs::path>& files) {
  std::atomic<int> largest{0};
  run_parallel(files.size(), [&](uint64_t i) {
    Sample sample;
    const VolumeHead head = read_volume_head(files[i]);
    const ByteSpan labels = read_volume_labels(files[i], head, sample);
    const int own = labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end());
    int before = largest.load();
    while (own > before && !largest.compare_exchange_weak(before, own)) {
    }
  });
  return largest.load();
}

void name_labels(const Manifest& manifest, const WrittenCases& written, NnunetDataset& dataset) {
  const Field* label = label_of(manifest);
  if (label != nullptr) dataset.ignore_label = label->ignore_value;
  std::vector<std::string> names = known_names(manifest);
  if (names.empty()) {
    const int64_t count =
        dataset.ignore_label ? *dataset.ignore_label : int64_t{largest_label(written.labels)} + 1;
    names.push_back(kBackground);
    for (int64_t i = 1; i < count; ++i)
      names.push_back(fmt::format("class_{}", i));
  }
  if (names.front() != kBackground) {
    spdlog::warn("class 0 is '{}': nnU-Net calls it {}", names.front(), kBackground);
    names.front() = kBackground;
  }
  std::set<std::string> used;
  for (size_t i = 0; i < names.size(); ++i) {
    std::string name = names[i];
    const bool taken = name == "ignore" || used.contains(name);
    if (taken) name = fmt::format("{}_{}", name, i);
    used.insert(name);
    dataset.labels[static_cast<int64_t>(i)] = name;
  }
}

}  // namespace

const char* nnunet_place(const std::string& split, bool has_labels) {
  return split == "test" || !has_labels ? "Ts" : "Tr";
}

void check_ignored_label(const Manifest& manifest) {
  const Field* label = label_of(manifest);
  if (label == nullptr || !label->ignore_value) return;
  const auto count = static_cast<int64_t>(known_names(manifest).size());
  if (count == 0 || *label->ignore_value == count) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--to nnunet: the label to ignore is {}, nnU-Net wants the one after the "
                          "last of {} classes",
                          *label->ignore_value, count));
}

void write_nnunet_tables(const fs::path& folder, const Manifest& manifest,
                         const std::string& file_ending) {
  const WrittenCases written = list_written(folder, manifest, file_ending);
  const Field& image = manifest.schema.fields[manifest.schema.require(kImageField)];
  NnunetDataset dataset;
  dataset.file_ending = file_ending;
  dataset.channel_names = image.channel_names;
  const auto count_of = [&](const char* split) {
    const auto found = written.cases.find(split);
    return found == written.cases.end() ? size_t{0} : found->second.size();
  };
  const bool labels = label_of(manifest) != nullptr;
  if (labels) dataset.training_count = count_of("train") + count_of("val");
  name_labels(manifest, written, dataset);
  if (dataset.channel_names.empty()) {
    uint64_t channels = 1;
    while (!written.cases.empty() && image.rank() == 4) {
      const auto& [split, cases] = *written.cases.begin();
      const fs::path next = folder / fmt::format("images{}/{}_{:04}{}", nnunet_place(split, labels),
                                                 cases.front(), channels, file_ending);
      if (!fs::exists(next)) break;
      ++channels;
    }
    for (uint64_t c = 0; c < channels; ++c)
      dataset.channel_names.push_back(fmt::format("channel_{}", c));
  }
  if (count_of("val") > 0) {
    const auto train = written.cases.find("train");
    write_file_atomically(
        folder / kNnunetSplitsName,
        encode_splits(train == written.cases.end() ? std::vector<std::string>() : train->second,
                      written.cases.at("val")));
  }
  write_file_atomically(folder / kNnunetTableName, encode_nnunet_dataset(dataset));
}

}  // namespace stoker
