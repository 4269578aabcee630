// Several sources as one: their samples one after the other, splits of one name united.
//
// Thread-safety and errors: as SourceReader. Ownership: owns the readers.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libdata/sample/source_reader.h"

namespace stoker {

class JoinedReader : public SourceReader {
 public:
  // `names[i]` is what a user calls readers[i], for messages. InvalidArgument where fields or class
  // names differ, or where a split would hold two samples of one name, naming both sources.
  // Precondition: at least one reader, none of which is null.
  JoinedReader(std::vector<std::unique_ptr<SourceReader>> readers,
               const std::vector<std::string>& names);

  const Schema& schema() const override { return readers_.front()->schema(); }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override;
  void read(Sample& sample) const override;
  void prefetch(uint64_t item) const override;
  std::optional<int64_t> label(uint64_t item) const override;
  bool tells_changes() const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override;

 private:
  struct Place {
    const SourceReader* reader;
    uint64_t item;
  };
  Place place_of(uint64_t item) const;

  std::vector<std::unique_ptr<SourceReader>> readers_;
  std::vector<uint64_t> first_items_;  // of each reader
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
};

}  // namespace stoker
