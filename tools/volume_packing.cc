#include "tools/volume_packing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/volume_fields.h"
#include "tools/labelled_volume.h"
#include "tools/volume_record.h"

namespace stoker {
namespace {

constexpr uint64_t kMemoryBytes = uint64_t{2} << 30;  // for volumes in flight
constexpr size_t kVolumesAThread = 2;

// Bytes a voxel in memory while a volume is encoded, at most.
constexpr double kPlainBytes = 3;       // image bricks, noise for labels, every layer in its thread
constexpr double kDistanceBytes = 11;   // the label, the map, its bricks, squared distances
constexpr double kMomentsBytes = 13.1;  // the image, six channels of float16

// Bytes a voxel in a shard.
constexpr double kLabelShare = 0.03;
constexpr double kDistanceShare = 0.2;

}  // namespace

Schema volume_schema(const VolumePackOptions& options) {
  Schema schema;
  schema.fields = {image_field(), label_field()};
  if (options.distance) schema.fields.push_back(distance_field());
  schema.fields.push_back(scroll_field());
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
  return text;
}

std::vector<std::string> volume_splits(const VolumePackOptions& options) {
  if (options.val_scrolls.empty()) return {"train"};
  return {"train", "val"};
}

double stored_bytes_per_voxel(const VolumePackOptions& options) {
  return 1 + kLabelShare + (options.distance ? kDistanceShare : 0);
}

std::vector<PlannedItem> plan_volumes(const VolumeListing& listing,
                                      const VolumePackOptions& options, double bytes_per_voxel) {
  std::set<int64_t> scrolls;
  for (const VolumeItem& volume : listing.items)
    scrolls.insert(volume.scroll);
  for (const int64_t scroll : options.val_scrolls) {
    if (!scrolls.contains(scroll)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--val-scroll {}: no volume is of that scroll; there are {}", scroll,
                              fmt::join(scrolls, ", ")));
    }
  }
  const std::set<int64_t> val(options.val_scrolls.begin(), options.val_scrolls.end());
  if (!val.empty() && val.size() == scrolls.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--val-scroll names every scroll there is: none would be left to train on");
  }
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

uint64_t working_bytes(uint64_t largest_voxel_count, const VolumePackOptions& options) {
  const double a_voxel =
      kPlainBytes + (options.distance ? kDistanceBytes : 0) + (options.moments ? kMomentsBytes : 0);
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
  sample.source_file = item.image.filename().string();
  LabelledOutputs outputs;
  outputs.image_bricks = &sample.buffers[kImageBricks];
  outputs.label_bricks = &sample.buffers[kLabelBricks];
  if (options_.moments) outputs.image_voxels = &sample.buffers[kImageVoxels];
  if (options_.distance) outputs.label_voxels = &sample.buffers[kLabelVoxels];
  const auto [size, box] = read_labelled_volume(item, outputs);
  append_image(size, sample);
  append_label(size, sample);
  if (options_.distance) append_distance(size, sample);
  append_scroll(item.scroll, sample);
  append_nonzero_box(box, sample);
  if (options_.moments) append_moments(compute_features(size, sample), sample);
}

}  // namespace stoker
