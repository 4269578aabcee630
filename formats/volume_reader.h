// Listed TIFF volumes as a source of samples: image, label where the source has one, scroll and
// nonzero_box, as volume_fields.h says. Image and label come as bricks, cut while their planes are
// in the cache; estimated_bytes are those of the image's voxels.
//
// Thread-safety and errors: as SourceReader; Corrupt and Unsupported as labelled_volume.h. One read
// uses many threads inside. All images of a source have voxels of one type: 16 bits where any has
// them and they are kept; then 8-bit ones are widened, as value * 257, which is the same on the
// scale 0..255.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/volume_listing.h"
#include "libdata/sample/source_reader.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {

struct VolumeReaderOptions {
  bool keep_voxels = true;  // false: 16-bit voxels become 8-bit ones
  // Scrolls whose volumes go to the split val: numbers, or names where the source names them.
  std::vector<std::string> val_scrolls = {};
  std::string split = "train";  // of all others
  // What the transforms that follow work on; what nobody wants takes neither memory nor time.
  bool image_bricks = true;   // false: the image as plain voxels
  bool image_voxels = false;  // FieldValue::decoded of the image
  bool label_voxels = false;  // and of the label
};

class VolumeReader : public SourceReader {
 public:
  // `folder` is the source as the user named it. InvalidArgument where a scroll to validate on is
  // not in the listing, or all are.
  VolumeReader(VolumeListing listing, const std::filesystem::path& folder,
               const VolumeReaderOptions& options);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  void read(Sample& sample) const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;

  DType voxels() const { return voxels_.dtype; }
  uint64_t voxel_count(uint64_t item) const;  // exact: opens the image
  uint64_t largest_voxel_bound() const;       // no image has more

 private:
  VolumeListing listing_;
  VolumeReaderOptions options_;
  ImageVoxels voxels_;
  Schema schema_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
};

}  // namespace stoker
