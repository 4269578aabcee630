// HDF5 files as an output: OUTPUT/SPLIT.h5, one data set a field, samples along the first axis.
//
// Arrays of equal shape become chunked data sets (about 1 MiB a chunk; shuffle and deflate by
// --compression, default gzip:4, which is what compression="gzip" means to h5py and what every
// build of HDF5 reads); whole image files become variable-length uint8, texts variable-length
// strings. The data set "name" has the samples' names; class names, schema and provenance are
// attributes. Thread-safety, errors: as SampleOutput. InvalidArgument where values of a field
// differ in shape or form.
#pragma once

#include <string>

#include "formats/hdf5/hdf5_sink.h"
#include "formats/unit_folder.h"

namespace stoker {

// "none", "gzip" or "gzip:1" to "gzip:9"; empty is gzip:4. InvalidArgument for others.
Hdf5Compression parse_hdf5_compression(const std::string& text);

class Hdf5Output : public UnitFolder {
 public:
  Hdf5Output(std::filesystem::path folder, const Hdf5Compression& compression)
      : UnitFolder(std::move(folder)), compression_(compression) {}

  std::string plan_heading() const override;
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {true, true, false}; }
  bool one_unit_a_split() const override { return true; }

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;

 private:
  Hdf5Compression compression_;
};

}  // namespace stoker
