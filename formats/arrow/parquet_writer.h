// Data sets as Parquet files in the layout of the Hugging Face Hub:
// OUTPUT/data/SPLIT-00000-of-0000N.parquet, with val called validation, as it is there. Such a
// folder needs no README.md: load_dataset(OUTPUT) finds the splits by these names.
//
// Columns: hugging_features.h. Image files are stored plain and uncompressed; pages have checksums.
// Thread-safety, errors: as SampleOutput. Refused: a field called as the column of names is, and
// splits whose names Hugging Face does not take.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/arrow/arrow_engine.h"
#include "formats/unit_folder.h"

namespace stoker {

class ParquetOutput : public UnitFolder {
 public:
  // `compression`: "none" (also if empty), "snappy", "zstd[:LEVEL]", "gzip[:LEVEL]";
  // InvalidArgument otherwise, and where there is no Arrow.
  ParquetOutput(std::filesystem::path folder, const std::string& compression);

  std::string plan_heading() const override;
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {true, false, false}; }

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;
  std::filesystem::path place_of(const PlannedShard& unit) const override;

 private:
  TableCompression compression_;
};

}  // namespace stoker
