// A source of volumes that do not say where they lie (masks of predict, TIFFs), with spacing and
// affine of another source that does: of its sample of the same name.
//
// Thread-safety and errors: as SourceReader; Corrupt where the other source has no sample of the
// name, several (in two splits), or one of another size. "/" in the other's names is the same as
// "_": predict writes its masks so. Ownership: the source outlives the reader, which owns the
// other. A sample of the other is read whole for its few numbers.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "libdata/sample/source_reader.h"

namespace stoker {

class PlacedReader : public SourceReader {
 public:
  // InvalidArgument where `places` has neither spacing nor affine.
  PlacedReader(const SourceReader& source, std::unique_ptr<SourceReader> places);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return source_.facts(); }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override { return source_.access(); }
  void read(Sample& sample) const override;
  std::optional<int64_t> label(uint64_t item) const override { return source_.label(item); }
  bool tells_changes() const override { return source_.tells_changes(); }
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override { return source_.hash_source(item); }

 private:
  const SourceReader& source_;
  std::unique_ptr<SourceReader> places_;
  std::map<std::string, std::set<uint64_t>> items_of_places_;  // several: nobody knows which
  std::vector<size_t> taken_;                                  // fields of `places`
  Schema schema_;
  std::vector<PlannedItem> items_;
};

}  // namespace stoker
