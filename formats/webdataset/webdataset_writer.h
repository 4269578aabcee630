// Data sets as WebDataset tars: OUTPUT/SPLIT-000000.tar, each sample a few members of one key.
//
// image -> KEY.jpg (.png ...), label -> KEY.cls, text -> .txt or .json, arrays and numbers -> .npy,
// other bytes as they are, each behind its field's name: KEY.depth.png, KEY.boxes.npy. Members of a
// sample are sorted by extension, headers are plain ustar without owner or time. classes.json has
// the class names in index order; names that are not their key stand in SPLIT-000000.names.tsv
// (sample_keys.h). Thread-safety, errors: as SampleOutput. Refused: fields whose names cannot be
// part of a file name, or would meet in one extension; two samples of one shard with one key.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/unit_folder.h"

namespace stoker {

inline constexpr const char* kWebDatasetClasses = "classes.json";

class WebDatasetOutput : public UnitFolder {
 public:
  using UnitFolder::UnitFolder;

  std::string plan_heading() const override { return "webdataset 1"; }
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {true, false, false}; }

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;
  void write_side_files(const Manifest& manifest) const override;
  std::vector<std::string> side_files() const override { return {kWebDatasetClasses}; }
};

}  // namespace stoker
