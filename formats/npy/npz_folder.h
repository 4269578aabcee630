// Samples as one .npz file a split: OUTPUT/SPLIT.npz with a member FIELD.npy a field, for
// numpy.load. Members are stored, not compressed, so that they can be mapped; with zip64, so that
// they may be of any size.
//
// Arrays, names and classes as npy_folder.h has them. Samples that are left out (--on-error skip)
// leave a gap behind their array. Thread-safety, errors: as SampleOutput.
#pragma once

#include "formats/unit_folder.h"

namespace stoker {

class NpzFolder : public UnitFolder {
 public:
  using UnitFolder::UnitFolder;

  std::string plan_heading() const override { return "npz 1"; }
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {false, true, false}; }
  bool one_unit_a_split() const override { return true; }

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;
  void write_side_files(const Manifest& manifest) const override;
  std::vector<std::string> side_files() const override;
};

}  // namespace stoker
