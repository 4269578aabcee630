// What pack-volumes adds to the bricks of a volume: the distance to the surface and the moments of
// features.
//
// Thread-safety, ownership, errors: as SampleTransform; applying uses many threads inside a volume.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "libdata/sample/sample_transform.h"
#include "tools/transform/volume_values.h"

namespace stoker {

struct VolumeBrickOptions {
  bool distance = false;  // store the signed distance to the surface
  bool moments = false;   // store mean and deviation of the scroll6 channels
};

class VolumeBrick : public SampleTransform {
 public:
  // InvalidArgument where `input` has no image, scroll or nonzero_box, or no label although
  // distances are wanted. Image and label as bricks; decoded as well, where distance or moments are
  // wanted of them, they need not be decoded again.
  VolumeBrick(const Schema& input, const VolumeBrickOptions& options);

  const Schema& schema() const override { return schema_; }
  std::map<std::string, std::string> describe() const override;
  uint64_t estimate(const PlannedItem& item) const override;
  void apply(Sample& sample) const override;

  // In memory while a volume of so many voxels is read and transformed, at most.
  uint64_t working_bytes(uint64_t voxel_count) const;

 private:
  VolumeBrickOptions options_;
  VolumePositions positions_;
  DType voxels_;
  Schema schema_;
};

// How many volumes may be in memory at once, if each takes `bytes_each`: the programs stay under
// 3 GB whatever the number of volumes. Cores that this leaves without a volume of their own work
// inside the volumes.
size_t volumes_in_flight(uint64_t bytes_each);

}  // namespace stoker
