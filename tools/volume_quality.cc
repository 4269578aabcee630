#include "tools/volume_quality.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/units.h"
#include "libdata/shard/shard_reader.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace {

constexpr int64_t kWideMarginVoxels = 16;  // more is an empty region, not the usual rim
constexpr size_t kNamesShown = 10;

VolumeQuality quality_of(const ShardReader& shard, uint64_t sample, const std::string& split) {
  VolumeQuality volume;
  volume.name = shard.name(sample);
  volume.split = split;
  const Schema& schema = shard.schema();
  const auto label = schema.find(kLabelField);
  const size_t field = label                      ? *label
                       : schema.find(kImageField) ? schema.require(kImageField)
                                                  : schema.require(kFeaturesField);
  const BrickVolume bricks = parse_bricks(shard.blob(sample, field).bytes);
  volume.size_zyx = bricks.shape().size_zyx;
  volume.has_label = label.has_value();
  volume.label_counts = bricks.label_counts();
  volume.scroll = shard.inline_int(sample, schema.require(kScrollField));
  const ByteSpan box = shard.inline_bytes(sample, schema.require(kNonzeroBoxField));
  std::memcpy(volume.nonzero_box.data(), box.data(),
              std::min(box.size(), sizeof(volume.nonzero_box)));
  return volume;
}

std::vector<std::string> names_where(const std::vector<VolumeQuality>& volumes,
                                     const std::function<bool(const VolumeQuality&)>& test) {
  std::vector<std::string> names;
  for (const VolumeQuality& volume : volumes) {
    if (test(volume)) names.push_back(volume.name);
  }
  return names;
}

bool has_wide_margin(const VolumeQuality& volume) {
  return !volume.is_empty() &&
         std::max({volume.margin(0), volume.margin(1), volume.margin(2)}) > kWideMarginVoxels;
}

// The margin that all volumes share, along each axis.
Zyx common_margin(const std::vector<VolumeQuality>& volumes) {
  Zyx common{0, 0, 0};
  for (size_t axis = 0; axis < 3; ++axis) {
    int64_t least = INT64_MAX;
    for (const VolumeQuality& volume : volumes) {
      const int64_t size = volume.size_zyx[axis];
      const int64_t both =
          std::min<int64_t>(volume.nonzero_box[axis], size - volume.nonzero_box[axis + 3]);
      if (!volume.is_empty()) least = std::min(least, both);
    }
    common[axis] = least == INT64_MAX ? 0 : least;
  }
  return common;
}

std::array<uint64_t, 3> total_counts(const std::vector<VolumeQuality>& volumes) {
  std::array<uint64_t, 3> total{0, 0, 0};
  for (const VolumeQuality& volume : volumes) {
    for (size_t value = 0; value < total.size(); ++value)
      total[value] += volume.label_counts[value];
  }
  return total;
}

void print_label_shares(const std::vector<VolumeQuality>& volumes) {
  if (!volumes.front().has_label) {
    fmt::print("labels: none, packed to be predicted\n");
    return;
  }
  const std::array<uint64_t, 3> total = total_counts(volumes);
  const double all = static_cast<double>(std::max<uint64_t>(total[0] + total[1] + total[2], 1));
  const auto percent = [&](size_t value) { return 100 * static_cast<double>(total[value]) / all; };
  fmt::print("labels: {:.1f} % background, {:.1f} % surface, {:.1f} % ignored\n", percent(0),
             percent(1), percent(2));
}

void warn_of_splits_without_labels(const std::vector<VolumeQuality>& volumes) {
  std::map<std::string, std::pair<size_t, size_t>> splits;  // volumes, and those without
  for (const VolumeQuality& volume : volumes) {
    auto& [all, ignored] = splits[volume.split];
    ++all;
    ignored += volume.has_only_ignored() ? 1 : 0;
  }
  for (const auto& [split, counts] : splits) {
    if (counts.first != counts.second) continue;
    spdlog::warn(
        "split {}: no voxel is labelled (0 or 1) in any of its volumes ({}); nothing can "
        "be learnt from it or scored on it",
        split, counts.first);
  }
}

void print_names(const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  const size_t shown = std::min(names.size(), kNamesShown);
  fmt::print("{}: {}: {}{}\n", what, counted(names.size(), "volume"),
             fmt::join(names.begin(), names.begin() + static_cast<ptrdiff_t>(shown), ", "),
             names.size() > shown ? " ..." : "");
}

}  // namespace

int64_t VolumeQuality::margin(size_t axis) const {
  return std::max<int64_t>(nonzero_box[axis], size_zyx[axis] - nonzero_box[axis + 3]);
}

std::vector<VolumeQuality> volume_quality(const std::filesystem::path& folder,
                                          const Manifest& manifest) {
  std::vector<VolumeQuality> volumes;
  for (const SplitEntry& split : manifest.splits) {
    for (const ShardSummary& summary : split.shards) {
      const ShardReader shard(folder / summary.file);
      for (uint64_t sample = 0; sample < shard.sample_count(); ++sample) {
        try {
          volumes.push_back(quality_of(shard, sample, split.name));
        } catch (const Error& error) {
          throw error.at(shard.path());
        }
      }
    }
  }
  return volumes;
}

void print_quality(const std::vector<VolumeQuality>& volumes) {
  if (volumes.empty()) return;
  print_label_shares(volumes);
  warn_of_splits_without_labels(volumes);
  fmt::print("margin of zeros that all images share (z, y, x): {} voxels\n",
             fmt::join(common_margin(volumes), ", "));
  print_names("no surface", names_where(volumes, &VolumeQuality::has_no_surface));
  print_names("nothing but ignored voxels", names_where(volumes, &VolumeQuality::has_only_ignored));
  print_names("image all zero", names_where(volumes, &VolumeQuality::is_empty));
  print_names("large empty region", names_where(volumes, has_wide_margin));
}

void print_quality(const std::filesystem::path& folder) {
  print_quality(volume_quality(folder, read_manifest(folder / kManifestName)));
}

nlohmann::ordered_json quality_json(const std::vector<VolumeQuality>& volumes) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const VolumeQuality& volume : volumes) {
    list.push_back({{"name", volume.name},
                    {"split", volume.split},
                    {"scroll", volume.scroll},
                    {"size_zyx", volume.size_zyx},
                    {"label_counts", volume.label_counts},
                    {"nonzero_box", volume.nonzero_box}});
  }
  return {{"label_counts", total_counts(volumes)},
          {"common_margin_zyx", common_margin(volumes)},
          {"no_surface", names_where(volumes, &VolumeQuality::has_no_surface)},
          {"only_ignored", names_where(volumes, &VolumeQuality::has_only_ignored)},
          {"empty_image", names_where(volumes, &VolumeQuality::is_empty)},
          {"large_empty_region", names_where(volumes, has_wide_margin)},
          {"volumes", list}};
}

}  // namespace stoker
