#include "tools/volume_packing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/volume_fields.h"
#include "tools/labelled_volume.h"
#include "tools/listed_volume.h"
#include "tools/volume_record.h"

namespace stoker {
namespace {

constexpr uint64_t kMemoryBytes = uint64_t{2} << 30;  // for volumes in flight
constexpr size_t kVolumesAThread = 2;

// Bytes a voxel in memory while a volume is encoded, at most.
constexpr double kPlainBytes = 3;       // image bricks, noise for labels, every layer in its thread
constexpr double kDistanceBytes = 11;   // the label, the map, its bricks, squared distances
constexpr double kMomentsBytes = 13.1;  // the image, six channels of float16
constexpr double kWideBytes = 1;        // more for 16-bit voxels, wherever the image lies

// Bytes a voxel in a shard.
constexpr double kLabelShare = 0.03;
constexpr double kDistanceShare = 0.2;

// The scrolls named for validation, by the numbers that volumes have.
std::set<int64_t> validation_scrolls(const VolumeListing& listing,
                                     const std::vector<std::string>& wanted) {
  std::map<std::string, int64_t> scrolls;  // by the text they have in the source
  std::set<int64_t> present;
  for (const VolumeItem& volume : listing.items) {
    present.insert(volume.scroll);
    const bool named = !listing.scroll_names.empty() && volume.scroll >= 0;
    scrolls[named ? listing.scroll_names[static_cast<size_t>(volume.scroll)]
                  : std::to_string(volume.scroll)] = volume.scroll;
  }
  std::set<int64_t> chosen;
  for (const std::string& scroll : wanted) {
    const auto found = scrolls.find(scroll);
    if (found == scrolls.end() || found->second < 0) {
      std::vector<std::string> names;
      for (const auto& [name, number] : scrolls) {
        if (number >= 0) names.push_back(name);
      }
      throw Error(
          ErrorCode::kInvalidArgument,
          names.empty()
              ? fmt::format("--val-scroll {}: no table says which scroll a volume is of", scroll)
              : fmt::format("--val-scroll {}: no volume is of that scroll; there are {}", scroll,
                            fmt::join(names, ", ")));
    }
    chosen.insert(found->second);
  }
  if (!chosen.empty() && chosen.size() == present.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--val-scroll names every scroll there is: none would be left to train on");
  }
  return chosen;
}

}  // namespace

VolumeKind kind_of(const VolumeListing& listing, const VolumePackOptions& options) {
  const bool any_wide =
      std::any_of(listing.items.begin(), listing.items.end(),
                  [](const VolumeItem& item) { return item.dtype == DType::kUInt16; });
  VolumeKind kind;
  kind.labels = listing.has_labels;
  kind.voxels.dtype = any_wide && options.keep_voxels ? DType::kUInt16 : DType::kUInt8;
  kind.voxels.rounded_from_16_bits = any_wide && !options.keep_voxels;
  kind.scroll_names = listing.scroll_names;
  return kind;
}

Schema volume_schema(const VolumePackOptions& options, const VolumeKind& kind) {
  Schema schema;
  schema.fields = {image_field(kind.voxels)};
  if (kind.labels) schema.fields.push_back(label_field());
  if (options.distance) schema.fields.push_back(distance_field());
  schema.fields.push_back(scroll_field(kind.scroll_names));
  schema.fields.push_back(nonzero_box_field());
  if (options.moments) {
    schema.fields.push_back(feature_moment_field(kFeatureMeanField));
    schema.fields.push_back(feature_moment_field(kFeatureStdField));
  }
  return schema;
}

std::map<std::string, std::string> describe(const VolumePackOptions& options) {
  std::map<std::string, std::string> text;
  text["targets"] = options.distance ? "distance" : "none";
  text["moments"] = options.moments ? std::string(kScroll6Definition) : "none";
  text["val-scroll"] = fmt::format("{}", fmt::join(options.val_scrolls, " "));
  if (!options.labels) text["labels"] = "none";
  if (!options.keep_voxels) text["voxels"] = "8";
  return text;
}

std::vector<std::string> volume_splits(const VolumePackOptions& options) {
  if (options.val_scrolls.empty()) return {"train"};
  return {"train", "val"};
}

double stored_bytes_per_voxel(const VolumePackOptions& options, const VolumeKind& kind) {
  return static_cast<double>(dtype_size(kind.voxels.dtype)) + (kind.labels ? kLabelShare : 0) +
         (options.distance ? kDistanceShare : 0);
}

std::vector<PlannedItem> plan_volumes(const VolumeListing& listing,
                                      const VolumePackOptions& options, double bytes_per_voxel) {
  const std::set<int64_t> val = validation_scrolls(listing, options.val_scrolls);
  std::vector<PlannedItem> items;
  items.reserve(listing.items.size());
  for (const VolumeItem& volume : listing.items) {
    PlannedItem item;
    item.name = volume.id;
    item.estimated_bytes = std::max<uint64_t>(
        1, static_cast<uint64_t>(static_cast<double>(volume.voxel_bound) * bytes_per_voxel));
    item.split = val.contains(volume.scroll) ? 1 : 0;
    // Sizes of both files and the scroll, mixed so that a change of any shows.
    item.content_key =
        (volume.image_bytes * 0x9e3779b97f4a7c15u + volume.label_bytes) * 0x9e3779b97f4a7c15u +
        static_cast<uint64_t>(volume.scroll);
    items.push_back(std::move(item));
  }
  return items;
}

size_t volumes_in_flight(uint64_t bytes_each) {
  const uint64_t fitting = kMemoryBytes / std::max<uint64_t>(bytes_each, 1);
  const auto wanted = static_cast<uint64_t>(thread_count()) * kVolumesAThread;
  return static_cast<size_t>(std::clamp<uint64_t>(fitting, 1, wanted));
}

uint64_t working_bytes(uint64_t largest_voxel_count, const VolumePackOptions& options,
                       const VolumeKind& kind) {
  const double a_voxel =
      kPlainBytes + (options.distance ? kDistanceBytes : 0) +
      (options.moments ? kMomentsBytes : 0) +
      (kind.voxels.dtype == DType::kUInt16 ? kWideBytes : 0) * (options.moments ? 2 : 1);
  return static_cast<uint64_t>(static_cast<double>(largest_voxel_count) * a_voxel);
}

uint64_t largest_voxel_count(const VolumeListing& listing) {
  uint64_t largest = 0;
  for (const VolumeItem& item : listing.items)
    largest = std::max(largest, item.voxel_bound);
  return largest;
}

void VolumeEncoder::encode(uint64_t index, EncodedSample& sample) const {
  const VolumeItem& item = listing_.items[index];
  begin_volume(sample);
  LabelledOutputs outputs;
  outputs.image_bricks = &sample.buffers[kImageBricks];
  if (kind_.labels) outputs.label_bricks = &sample.buffers[kLabelBricks];
  if (options_.moments) outputs.image_voxels = &sample.buffers[kImageVoxels];
  if (options_.distance) outputs.label_voxels = &sample.buffers[kLabelVoxels];
  const LabelledFacts facts = read_listed_volume(item, kind_.voxels.dtype, outputs, sample);
  append_image(facts.size_zyx, sample);
  if (kind_.labels) append_label(facts.size_zyx, sample);
  if (options_.distance) append_distance(facts.size_zyx, sample);
  append_scroll(item.scroll, sample);
  append_nonzero_box(facts.nonzero_box, sample);
  if (options_.moments) {
    append_moments(compute_features(facts.size_zyx, kind_.voxels.dtype, sample), sample);
  }
}

}  // namespace stoker
