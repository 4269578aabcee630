// One .beton file, mapped; values are used in place.
//
// Thread-safety, errors: as RecordFile. A JPEG that ends early, or has another size than its cell
// says, is that sample's error; what else contradicts itself is the file's.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/beton/beton_layout.h"
#include "formats/records/record_file.h"
#include "libdata/core/files.h"

namespace stoker {

class BetonFile : public RecordFile {
 public:
  explicit BetonFile(const std::filesystem::path& path);

  // One a column: fields whose elements are not read have none.
  std::vector<RecordColumn> columns() const;
  std::vector<SampleNote> notes() const;

  const std::string& path() const override { return file_.path(); }
  uint64_t count() const override { return layout_.samples; }
  void read(uint64_t row, Sample& memory, Record& record) const override;
  uint64_t size_bytes(uint64_t row) const override;
  void prefetch(uint64_t row) const override;

 private:
  MappedFile file_;
  BetonLayout layout_;
  std::vector<uint64_t> sizes_;  // of values, sample by sample
  size_t values_ = 0;            // of a sample
};

}  // namespace stoker
