#include "trainer/feed/labelled_voxels.h"

#include "libdata/core/error.h"
#include "libdata/core/units.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {

namespace {

using LabelCounts = std::array<uint64_t, 2>;  // background, surface

std::optional<LabelCounts> label_counts(const PackedSplit& split, size_t label_field,
                                        uint64_t sample) {
  try {
    const BlobView blob = split.blob(sample, label_field);
    if (blob.codec != Codec::kBricks) return std::nullopt;
    const BrickVolume labels = parse_bricks(blob.bytes);
    if (!labels.has_labels()) return std::nullopt;
    return LabelCounts{labels.label_counts()[0], labels.label_counts()[1]};
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<uint64_t> labelled_voxels(const PackedSplit& split, size_t label_field,
                                        uint64_t sample) {
  const auto counts = label_counts(split, label_field, sample);
  return counts ? std::optional((*counts)[0] + (*counts)[1]) : std::nullopt;
}

std::array<uint64_t, 2> count_voxels(const JoinedSplit& data) {
  const size_t field = data.schema.require(kLabelField);
  LabelCounts sum{};
  for (uint64_t sample = 0; sample < data.split.sample_count(); ++sample) {
    const auto counts = label_counts(data.split, field, sample);
    if (!counts) {
      throw Error(ErrorCode::kInvalidArgument,
                  "expected counts of labels beside their bricks, which --class-weights balanced "
                  "reads",
                  data.split.describe(sample, field));
    }
    for (size_t label = 0; label < sum.size(); ++label)
      sum[label] += (*counts)[label];
  }
  return sum;
}

std::vector<std::string> check_labelled_voxels(const JoinedSplit& data) {
  const size_t field = data.schema.require(kLabelField);
  std::vector<std::string> without;
  for (uint64_t sample = 0; sample < data.split.sample_count(); ++sample) {
    if (labelled_voxels(data.split, field, sample) == uint64_t{0})
      without.emplace_back(data.split.sample_name(sample));
  }
  if (!without.empty() && without.size() == data.split.sample_count()) {
    throw Error(ErrorCode::kCorrupt,
                "no labelled voxel in " + counted(without.size(), "training volume") +
                    ": every voxel is marked to be ignored (label 2), there is nothing to learn "
                    "from; expected labels 0 (background) and 1 (surface)",
                data.where);
  }
  return without;
}

}  // namespace stoker
