#include "formats/volume_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "formats/labelled_volume.h"
#include "formats/tiff_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

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

std::string remarks_on(const LabelledFacts& facts) {
  std::string text;
  const auto add = [&](const std::string& remark) { text += (text.empty() ? "" : "; ") + remark; };
  if (facts.image_widened) add("8-bit voxels as value * 257, as the others have 16 bits");
  const auto say = [&](const char* what, uint64_t absent, uint64_t asides) {
    if (absent > 0) add(fmt::format("{}: strips or tiles absent, read as 0: {}", what, absent));
    if (asides > 0) {
      add(fmt::format("{}: pages left out as thumbnails, smaller copies or masks: {}", what,
                      asides));
    }
  };
  say("image", facts.image.absent, facts.image.asides);
  say("label", facts.label.absent, facts.label.asides);
  return text;
}

ImageVoxels stored_voxels(const VolumeListing& listing, bool keep_voxels) {
  const bool any_wide =
      std::any_of(listing.items.begin(), listing.items.end(),
                  [](const VolumeItem& item) { return item.dtype == DType::kUInt16; });
  ImageVoxels voxels;
  voxels.dtype = any_wide && keep_voxels ? DType::kUInt16 : DType::kUInt8;
  voxels.rounded_from_16_bits = any_wide && !keep_voxels;
  return voxels;
}

// A volume's own file, or the slices in its folder.
void append_files(const fs::path& path, std::vector<fs::path>& files) {
  if (path.empty()) return;
  if (!fs::is_directory(path)) {
    files.push_back(path);
    return;
  }
  for (fs::path& slice : list_files(path))
    files.push_back(std::move(slice));
}

}  // namespace

VolumeReader::VolumeReader(VolumeListing listing, const fs::path& folder,
                           const VolumeReaderOptions& options)
    : listing_(std::move(listing)),
      options_(options),
      voxels_(stored_voxels(listing_, options.keep_voxels)) {
  schema_.fields = {image_field(voxels_)};
  if (listing_.has_labels) schema_.fields.push_back(label_field());
  schema_.fields.push_back(scroll_field(listing_.scroll_names));
  schema_.fields.push_back(nonzero_box_field());
  facts_.splits = {options.split};
  if (!options.val_scrolls.empty()) facts_.splits.emplace_back("val");
  facts_.sources = {{own_name(folder), 0}};
  facts_.notes = listing_.notes;
  const std::set<int64_t> val = validation_scrolls(listing_, options.val_scrolls);
  items_.reserve(listing_.items.size());
  for (const VolumeItem& volume : listing_.items) {
    PlannedItem item;
    item.name = volume.id;
    item.estimated_bytes = volume.voxel_bound * dtype_size(voxels_.dtype);
    item.split = val.contains(volume.scroll) ? 1 : 0;
    // Sizes of both files and the scroll, mixed so that a change of any shows.
    item.content_key = (volume.image_bytes * kKeyFactor + volume.label_bytes) * kKeyFactor +
                       static_cast<uint64_t>(volume.scroll);
    items_.push_back(std::move(item));
  }
}

void VolumeReader::read(Sample& sample) const {
  const VolumeItem& item = listing_.items[sample.item];
  sample.source_path = item.image.string();
  Bytes& image = sample.next_buffer();
  Bytes& label = sample.next_buffer();
  Bytes& image_voxels = options_.image_bricks ? sample.next_buffer() : image;
  Bytes& label_voxels = sample.next_buffer();
  LabelledOutputs outputs;
  if (options_.image_bricks) outputs.image_bricks = &image;
  if (options_.image_voxels || !options_.image_bricks) outputs.image_voxels = &image_voxels;
  if (listing_.has_labels) outputs.label_bricks = &label;
  if (listing_.has_labels && options_.label_voxels) outputs.label_voxels = &label_voxels;
  const LabelledFacts facts = read_labelled_volume(item, voxels_.dtype, outputs);
  sample.normalized = remarks_on(facts);
  const Zyx& size = facts.size_zyx;
  sample.values = {options_.image_bricks ? bricks_value(image, size) : voxels_value(image, size)};
  if (options_.image_voxels) sample.values.back().decoded = image_voxels;
  if (listing_.has_labels) {
    sample.values.push_back(bricks_value(label, size));
    if (options_.label_voxels) sample.values.back().decoded = label_voxels;
  }
  sample.values.push_back(inline_value(std::array<int64_t, 1>{item.scroll}, sample));
  sample.values.push_back(inline_value(facts.nonzero_box, sample));
}

std::vector<fs::path> VolumeReader::source_files(uint64_t item) const {
  std::vector<fs::path> files;
  append_files(listing_.items[item].image, files);
  append_files(listing_.items[item].label, files);
  return files;
}

uint64_t VolumeReader::voxel_count(uint64_t item) const {
  const TiffStackInfo info = open_tiff_volume(listing_.items[item].image).info;
  return info.volume_bytes() / dtype_size(info.dtype);
}

uint64_t VolumeReader::largest_voxel_bound() const {
  uint64_t largest = 0;
  for (const VolumeItem& item : listing_.items)
    largest = std::max(largest, item.voxel_bound);
  return largest;
}

}  // namespace stoker
