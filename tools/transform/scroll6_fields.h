// The image of a volume replaced by its scroll6 features: features, label where the source has one,
// distance where asked for or already there, scroll, nonzero_box, and the moments of every channel,
// so that the result can be trained from on its own. Voxels of 16 bits are not rounded first.
//
// Thread-safety, ownership, errors: as SampleTransform; applying uses many threads inside a volume.
// Errors carry the sample's path; bricks are hashed before they are used.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libdata/sample/sample_transform.h"
#include "tools/transform/volume_values.h"

namespace stoker {

class Scroll6Fields : public SampleTransform {
 public:
  // The image as voxels or bricks, label and distance as bricks. InvalidArgument where `input` has
  // no image or scroll, or no label although `distance` is wanted.
  Scroll6Fields(const Schema& input, bool distance);

  const Schema& schema() const override { return schema_; }
  std::map<std::string, std::string> describe() const override;
  uint64_t estimate(const PlannedItem& item) const override;
  void apply(Sample& sample) const override;

  double bytes_per_voxel() const;  // in a shard
  // In memory while a volume of so many voxels is read and transformed, at most.
  uint64_t working_bytes(uint64_t voxel_count) const;

 private:
  void append_distance(const std::vector<FieldValue>& input, const Zyx& size, Sample& sample) const;

  bool distance_;
  VolumePositions positions_;
  DType voxels_;
  Schema schema_;
};

}  // namespace stoker
