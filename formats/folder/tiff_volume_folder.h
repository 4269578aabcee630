// Volumes as TIFF in the layout of the Vesuvius challenge: SPLIT.csv (id,scroll_id),
// SPLIT_images/ID.tif, SPLIT_labels/ID.tif, and SPLIT_FIELD/ID.tif for any other field of volumes;
// what pack-volumes reads.
//
// One page a z, LZW, or as --compression says: none, lzw, deflate. Inline fields that neither the
// table nor pack-volumes knows (spacing, affine ...) go to SPLIT_fields/ID.json (inline_sidecar.h),
// all of them. An id is the sample's name, "/" being "%2F". Thread-safety, errors: as SampleOutput.
// Refused: volumes of other types than uint8 and uint16, channels, and fields that are no volumes.
#pragma once

#include "formats/format.h"
#include "formats/tiff.h"
#include "formats/unit_folder.h"

namespace stoker {

class TiffVolumeFolder : public UnitFolder {
 public:
  // InvalidArgument for a compression that there is not.
  explicit TiffVolumeFolder(const OutputRequest& request);

  std::string plan_heading() const override;
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {false, true, false}; }
  void encode(const Schema& schema, Sample& sample) const override;

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;
  void write_side_files(const Manifest& manifest) const override;
  std::vector<std::string> side_files() const override;

 private:
  TiffCompression compression_;
  std::string compression_name_;
};

// What a folder that this wrote holds, splits and fields as they were.
std::unique_ptr<SourceReader> open_tiff_volume_folder(const std::filesystem::path& folder,
                                                      const Manifest& manifest);

}  // namespace stoker
