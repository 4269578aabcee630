// Zarr version 3 as an output, one of two layouts by what the samples are.
//
// Volumes (any field with axes ZYX or CZYX): OUTPUT/SPLIT/NAME.zarr, an OME-Zarr 0.5 image each, in
// one resolution: the image as "0", the label as "labels/label/0", other volumes as arrays of their
// names; chunks of up to 128 x 128 x 128 voxels, one channel each. The spacing is the scale, the
// affine's shift the translation; all inline fields stand in the attribute "stoker".
//
// All else: OUTPUT/SPLIT.zarr, a group with one array a field, samples along axis 0, chunks of
// about 1 MiB of whole rows; class labels are int64; class names, schema and provenance are
// attributes. Beside it SPLIT_names.txt, a sample's name a line. Samples of a split have one shape.
//
// Chunks that are all 0 are not stored: 0 is the fill value. Thread-safety, errors: as
// SampleOutput; InvalidArgument for fields without a place; Unsupported for the first sample of
// another shape.
#pragma once

#include <string>

#include "formats/unit_folder.h"
#include "formats/zarr/zarr_packing.h"

namespace stoker {

// Where the array of a volume field lies in the store of its sample.
std::string zarr_place_of(const Schema& schema, const Field& field);

class ZarrVolumeOutput : public UnitFolder {
 public:
  ZarrVolumeOutput(std::filesystem::path folder, ZarrCompression compression)
      : UnitFolder(std::move(folder)), compression_(std::move(compression)) {}

  std::string plan_heading() const override;
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {false, true, false}; }
  void encode(const Schema& schema, Sample& sample) const override;

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;

 private:
  ZarrCompression compression_;
};

class ZarrStackOutput : public UnitFolder {
 public:
  ZarrStackOutput(std::filesystem::path folder, ZarrCompression compression)
      : UnitFolder(std::move(folder)), compression_(std::move(compression)) {}

  std::string plan_heading() const override;
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {false, true, false}; }
  bool one_unit_a_split() const override { return true; }

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;

 private:
  ZarrCompression compression_;
};

}  // namespace stoker
