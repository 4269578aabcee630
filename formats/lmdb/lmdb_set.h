// The samples of one LMDB file, or of one named database in it, mapped; values are used in place.
//
// Thread-safety, errors: as RecordFile.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "formats/lmdb/lmdb_samples.h"
#include "formats/records/record_file.h"
#include "libdata/core/files.h"

namespace stoker {

class LmdbSet : public RecordFile {
 public:
  LmdbSet(std::shared_ptr<const MappedFile> file, const LmdbMeta& meta, LmdbSamples samples);

  std::vector<RecordColumn> columns() const;
  const std::vector<SampleNote>& notes() const { return samples_.notes; }

  const std::string& path() const override { return file_->path(); }
  uint64_t count() const override { return samples_.names.size(); }
  void read(uint64_t row, Sample& memory, Record& record) const override;
  uint64_t size_bytes(uint64_t row) const override;
  std::string name(uint64_t row) const override { return samples_.names[row]; }
  void prefetch(uint64_t row) const override;

 private:
  std::span<const LmdbEntry> values(uint64_t row) const;

  std::shared_ptr<const MappedFile> file_;
  LmdbMeta meta_;
  LmdbSamples samples_;
  size_t step_;
};

// The sets of a file: itself, or its named databases, each with its split where its name is one.
struct LmdbPart {
  std::string split;  // empty: the name says none
  std::shared_ptr<const LmdbSet> set;
};
std::vector<LmdbPart> open_lmdb(const std::filesystem::path& path);

}  // namespace stoker
