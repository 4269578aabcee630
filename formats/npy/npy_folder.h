// Samples as NumPy arrays: OUTPUT/SPLIT_FIELD.npy, C order, one row a sample, for numpy.load and
// numpy.load(mmap_mode="r").
//
// Images are (N, height, width, channels) uint8; class labels (N,) int64; volumes (N, z, y, x) or
// (N, channels, z, y, x). Beside them SPLIT_names.txt, a sample's name a line, and classes.json, a
// list of names in index order. All samples of a split have one shape. Thread-safety, errors: as
// SampleOutput; Unsupported for the first sample of another shape, and for a name with a line's
// end.
#pragma once

#include "formats/unit_folder.h"
#include "libdata/core/files.h"

namespace stoker {

class NpyFolder : public UnitFolder {
 public:
  using UnitFolder::UnitFolder;

  std::string plan_heading() const override { return "npy 1"; }
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {false, true, false}; }
  bool one_unit_a_split() const override { return true; }

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;
  void write_side_files(const Manifest& manifest) const override;
  std::vector<std::string> side_files() const override;
};

// Names of samples, a line each; of both formats of arrays.
class SampleNames {
 public:
  explicit SampleNames(const std::filesystem::path& path) : file_(path) {}

  void append(const std::string& name);
  void finish();

 private:
  AtomicFile file_;
  std::string text_;
};

// What SampleNames wrote; none where there is no such file.
std::vector<std::string> read_name_lines(const std::filesystem::path& path);

// classes.json; nothing where there are no classes.
void write_class_list(const std::filesystem::path& folder,
                      const std::vector<std::string>& class_names);

}  // namespace stoker
