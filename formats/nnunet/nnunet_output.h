// Volumes as a raw folder of nnU-Net v2: imagesTr/CASE_0000.nii.gz, a file a channel,
// labelsTr/CASE.nii.gz, dataset.json; samples of the split test in imagesTs and labelsTs, as are
// those of a set without labels.
//
// Samples of the split val are cases of imagesTr like others, and are named in splits_final.json,
// which nnU-Net looks for among its preprocessed data. Label names are the class names, the first
// of which is "background" to nnU-Net; without names those of pack-volumes' labels, else class_N up
// to the largest value there is. Spacing and affine go to the headers, other inline fields to
// imagesTr/CASE.json. Files are packed as NiftiOutput does. Thread-safety, errors: as SampleOutput.
// Refused: other splits; other fields of volumes than image and label; labels to ignore that are
// not the highest.
#pragma once

#include "formats/compression_choice.h"
#include "formats/unit_folder.h"

namespace stoker {

class NnunetOutput : public UnitFolder {
 public:
  NnunetOutput(std::filesystem::path folder, const GzipChoice& choice)
      : UnitFolder(std::move(folder)), choice_(choice) {}

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
  GzipChoice choice_;
};

}  // namespace stoker
