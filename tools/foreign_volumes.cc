#include "tools/foreign_volumes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "formats/format_table.h"
#include "libdata/core/error.h"
#include "libdata/volume/volume_fields.h"
#include "tools/source_notes.h"

namespace stoker {
namespace {

constexpr size_t kMostClasses = 2;  // background and surface

std::vector<std::filesystem::path> paths_of(const VolumeFlags& flags) {
  return {flags.inputs.begin(), flags.inputs.end()};
}

std::unique_ptr<SourceReader> open_source(const Format& format, const VolumeFlags& flags) {
  if (!flags.val_scrolls.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--val-scroll: only a table (train.csv) says of which scroll a volume is");
  }
  SourceRequest request;
  request.inputs = paths_of(flags);
  request.split = flags.folder.set;
  request.skip_damaged = flags.pack.skip_bad_samples;
  request.labels = flags.folder.labels;
  auto reader = format.open_reader(request);
  warn_of_notes(reader->facts().notes);
  if (flags.distance && !reader->schema().find(kLabelField)) {
    throw Error(ErrorCode::kInvalidArgument,
                "--targets distance is computed from labels, and this set has none");
  }
  const size_t classes = reader->facts().class_names.size();
  if (flags.folder.labels && classes > kMostClasses) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the labels are {} classes, bricked volumes have background and one: "
                            "convert-dataset packs others, --no-labels the images alone",
                            classes));
  }
  return reader;
}

VolumeWindowOptions window_options(const Format& format, const VolumeFlags& flags) {
  VolumeWindowOptions options;
  if (!flags.window.empty()) options.window = parse_value_window(flags.window);
  options.keep_16_bits = flags.voxels == "keep";
  // A data set of nnU-Net names the label to ignore, where there is one.
  options.ignores_two = format.name != "nnunet";
  return options;
}

}  // namespace

const Format* find_foreign_format(const VolumeFlags& flags) {
  if (flags.inputs.size() != 1) return nullptr;
  try {
    const Format& format = detect_format(paths_of(flags));
    return format.name != "folder" && format.name != "stk" ? &format : nullptr;
  } catch (const Error&) {  // told by whoever reads it
    return nullptr;
  }
}

ForeignVolumes::ForeignVolumes(const Format& format, const VolumeFlags& flags)
    : reader_(open_source(format, flags)),
      window_(std::make_unique<VolumeWindow>(reader_->schema(), window_options(format, flags))),
      bricks_(std::make_unique<ArraysToBricks>(window_->schema())) {}

uint64_t ForeignVolumes::voxel_count(uint64_t item) const {
  const DType voxels = schema().fields[schema().require(kImageField)].dtype;
  return window_->estimate(reader_->items()[item]) / dtype_size(voxels);
}

uint64_t ForeignVolumes::largest_voxel_count() const {
  uint64_t largest = 1;
  for (uint64_t item = 0; item < reader_->items().size(); ++item)
    largest = std::max(largest, voxel_count(item));
  return largest;
}

uint64_t ForeignVolumes::reading_bytes() const {
  constexpr uint64_t kCopies = 3;  // as stored, as numbers, in the window
  uint64_t largest = 0;
  for (const PlannedItem& item : reader_->items())
    largest = std::max(largest, item.estimated_bytes);
  return kCopies * largest;
}

}  // namespace stoker
