// How one volume becomes one record of features: from TIFF in one pass, nothing stored in between,
// or from a packed data set. Fields as in libdata/volume/volume_fields.h: features, label where the
// source has one, distance where asked for or already there, scroll, nonzero_box, and the moments
// of every channel, so that the result can be trained from on its own. Voxels of 16 bits are not
// rounded first.
//
// Thread-safety: encoders run on many threads at once, and use many inside one volume. Ownership:
// listing or data set must outlive the encoder. Errors about one volume (Corrupt, Unsupported)
// carry the path of the file at fault; stored voxels are hashed before they are used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/volume_listing.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/packing.h"
#include "tools/volume_packing.h"

namespace stoker {

// What is stored beside the features.
struct FeatureFields {
  bool labels = true;
  bool distance = false;
  Field scroll;
};
Schema feature_schema(const FeatureFields& fields);

uint64_t feature_working_bytes(uint64_t largest_voxel_count, bool distance);

// Bytes that a voxel takes in a shard.
double feature_bytes_per_voxel(bool distance);

class TiffFeatureEncoder {
 public:
  TiffFeatureEncoder(const VolumeListing& listing, const VolumePackOptions& options)
      : listing_(listing), distance_(options.distance), kind_(kind_of(listing, options)) {}

  void encode(uint64_t item, EncodedSample& sample) const;

 private:
  const VolumeListing& listing_;
  bool distance_;
  VolumeKind kind_;
};

// Features of packed volumes. InvalidArgument for a data set without image and scroll, or without
// label where distances are wanted.
class PackedFeatureEncoder {
 public:
  PackedFeatureEncoder(const PackedDataset& volumes, bool distance);

  // One item a volume, splits and their order kept; item i is items()[i].
  const std::vector<PlannedItem>& items() const { return items_; }
  std::vector<std::string> splits() const;
  uint64_t voxel_count(uint64_t item) const;

  void encode(uint64_t item, EncodedSample& sample) const;

 private:
  struct Place {
    const ShardReader* shard;
    uint64_t sample;
  };
  ByteSpan checked_blob(const Place& place, size_t field) const;

  const PackedDataset& volumes_;
  bool distance_;
  std::vector<Place> places_;
  std::vector<PlannedItem> items_;
};

}  // namespace stoker
