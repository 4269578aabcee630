// How one labelled volume becomes one record: decoded, checked, cut into bricks. The fields are
// those of libdata/volume/volume_fields.h.
//
// Thread-safety: VolumeEncoder::encode runs on many threads at once, and uses many inside one
// volume. Ownership: the listing must outlive the encoder. Errors about one volume (Corrupt,
// Unsupported) carry the path of the file at fault.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "formats/volume_listing.h"
#include "libdata/shard/packing.h"
#include "tools/volume_record.h"

namespace stoker {

struct VolumePackOptions {
  bool distance = false;                 // store the signed distance to the surface
  bool moments = false;                  // store mean and deviation of the scroll6 channels
  bool labels = true;                    // false: images alone
  bool keep_voxels = true;               // false: 16-bit voxels become 8-bit ones
  std::vector<std::string> val_scrolls;  // numbers, or names where the source names them
};

// What the listing says about all its volumes.
struct VolumeKind {
  bool labels = true;
  ImageVoxels voxels;
  std::vector<std::string> scroll_names;
};
// Voxels are 16-bit where any image has them and they are kept: then 8-bit ones are widened, as
// value * 257, which is the same on the scale 0..255.
VolumeKind kind_of(const VolumeListing& listing, const VolumePackOptions& options);

Schema volume_schema(const VolumePackOptions& options, const VolumeKind& kind);
std::map<std::string, std::string> describe(const VolumePackOptions& options);

// "train", and "val" where scrolls were named for it.
std::vector<std::string> volume_splits(const VolumePackOptions& options);

// One item a volume; `bytes_per_voxel` is what it takes in a shard. InvalidArgument where a scroll
// to validate on is not in the listing, or all are.
std::vector<PlannedItem> plan_volumes(const VolumeListing& listing,
                                      const VolumePackOptions& options, double bytes_per_voxel);
double stored_bytes_per_voxel(const VolumePackOptions& options, const VolumeKind& kind);

// How many volumes may be in memory at once, if each takes `bytes_each`: the programs stay under
// 3 GB whatever the number of volumes. Cores that this leaves without a volume of their own work
// inside the volumes.
size_t volumes_in_flight(uint64_t bytes_each);
uint64_t working_bytes(uint64_t largest_voxel_count, const VolumePackOptions& options,
                       const VolumeKind& kind);
uint64_t largest_voxel_count(const VolumeListing& listing);

class VolumeEncoder {
 public:
  VolumeEncoder(const VolumeListing& listing, const VolumePackOptions& options)
      : listing_(listing), options_(options), kind_(kind_of(listing, options)) {}

  void encode(uint64_t item, EncodedSample& sample) const;

 private:
  const VolumeListing& listing_;
  VolumePackOptions options_;
  VolumeKind kind_;
};

}  // namespace stoker
