// What all foreign outputs have in common: a folder of units (files, or groups of files) that are
// each whole or not there, records of them (unit_record.h), and stoker.json, which says what the
// data set was made of. A format adds how one unit is written, and what lies beside the units.
//
// stoker.json is written last: a folder without it holds a conversion that has not ended. With
// parts (--part K/N, in one folder) whichever run finds all units finished writes it; so does a run
// with --resume over parts that were copied into one folder, `.stoker` included.
//
// Thread-safety, errors: as SampleOutput.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "formats/unit_record.h"
#include "libdata/sample/sample_writer.h"

namespace stoker {

inline constexpr const char* kForeignManifestName = "stoker.json";

// One unit in the making. It shows under its name in finish(), whole and synced (AtomicFile, or
// like it), or never.
class UnitWriter {
 public:
  virtual ~UnitWriter() = default;

  virtual void append(const Sample& sample) = 0;
  virtual uint64_t size_bytes() const = 0;  // written so far
  // The files it consists of, as describe_unit_file has them.
  virtual std::vector<UnitFileEntry> finish() = 0;
};

class UnitFolder : public SampleOutput {
 public:
  explicit UnitFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const override { return folder_; }
  void prepare(const OutputRun& run) final;
  bool holds_anything() const final;
  bool has(const PlannedShard& unit) const final;
  void unpublish(const OutputRun& run) final;
  std::unique_ptr<SampleWriter> make_writer(const PlannedShard& unit, const OutputRun& run) final;
  FoundUnit find(const PlannedShard& unit, const OutputRun& run) const final;
  void complete(const Manifest& manifest, const OutputRun& run) final;

 protected:
  virtual std::unique_ptr<UnitWriter> create(const PlannedShard& unit,
                                             const OutputRun& run) const = 0;
  // Where AtomicFile writes a unit that is one file: for what a killed run leaves there.
  virtual std::filesystem::path place_of(const PlannedShard& unit) const {
    return folder_ / unit.file;
  }
  // Files about the data set as a whole, in the way the format has them: class names, metadata.
  virtual void write_side_files(const Manifest&) const {}
  // Their paths below the folder, so that --force can take them away.
  virtual std::vector<std::string> side_files() const { return {}; }

 private:
  std::filesystem::path folder_;
};

}  // namespace stoker
