#include "trainer/feed/labelled_voxels.h"

#include "libdata/core/error.h"
#include "libdata/core/units.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {

std::optional<uint64_t> labelled_voxels(const PackedSplit& split, size_t label_field,
                                        uint64_t sample) {
  try {
    const BlobView blob = split.blob(sample, label_field);
    if (blob.codec != Codec::kBricks) return std::nullopt;
    const BrickVolume labels = parse_bricks(blob.bytes);
    if (!labels.has_labels()) return std::nullopt;
    return labels.label_counts()[0] + labels.label_counts()[1];
  } catch (const Error&) {
    return std::nullopt;
  }
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
