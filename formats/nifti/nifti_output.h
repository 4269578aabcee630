// Volumes as NIfTI files: OUTPUT/SPLIT/images/NAME.nii.gz, OUTPUT/SPLIT/labels/NAME.nii.gz, and a
// folder of the field's name for any other field of volumes.
//
// Spacing and affine go to the headers (sform, and qform where that can say it); inline fields that
// NIfTI has no place for go to NAME.json beside the first volume (inline_sidecar.h). Files are
// packed by gzip, one member, level 4, or as --compression says. Thread-safety, errors: as
// SampleOutput. Refused: fields that are neither volumes nor inline.
#pragma once

#include "formats/compression_choice.h"
#include "formats/unit_folder.h"

namespace stoker {

// Where files of a field of volumes lie below their split: "images", "labels", else its name.
std::string folder_of_field(const std::string& field);

class NiftiOutput : public UnitFolder {
 public:
  NiftiOutput(std::filesystem::path folder, const GzipChoice& choice)
      : UnitFolder(std::move(folder)), choice_(choice) {}

  std::string plan_heading() const override;
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {false, true, false}; }
  void encode(const Schema& schema, Sample& sample) const override;

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;

 private:
  GzipChoice choice_;
};

}  // namespace stoker
