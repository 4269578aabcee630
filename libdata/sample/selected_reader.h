// Some of a source's samples, and some of their fields.
//
// Thread-safety and errors: as SourceReader. Ownership: the source outlives the reader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "libdata/sample/source_reader.h"

namespace stoker {

class SelectedReader : public SourceReader {
 public:
  using Keeps = std::function<bool(uint64_t item)>;

  // Keeps the items for which `keeps` is true, in their order, without the fields called `dropped`.
  // Splits and classes keep names and numbers, also where nothing of them is left. InvalidArgument
  // where there is no such field, no field is left, or no item is.
  SelectedReader(const SourceReader& source, const Keeps& keeps,
                 const std::vector<std::string>& dropped);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return source_.facts(); }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override { return source_.access(); }
  void read(Sample& sample) const override;
  void prefetch(uint64_t item) const override { source_.prefetch(chosen_[item]); }
  std::optional<int64_t> label(uint64_t item) const override {
    return source_.label(chosen_[item]);
  }
  bool tells_changes() const override { return source_.tells_changes(); }
  std::vector<std::filesystem::path> source_files(uint64_t item) const override {
    return source_.source_files(chosen_[item]);
  }
  uint64_t hash_source(uint64_t item) const override { return source_.hash_source(chosen_[item]); }

 private:
  const SourceReader& source_;
  std::vector<uint64_t> chosen_;  // items of the source
  std::vector<size_t> fields_;    // of the source's, those that are kept
  Schema schema_;
  std::vector<PlannedItem> items_;
};

}  // namespace stoker
