// Record files as a source of samples: what MDS, beton, LitData and LMDB sets have in common.
//
// Samples are called by the names their records have, else by their numbers within the split, as
// the formats' own loaders count them. Classes are those of classes.json or classes.txt beside the
// files, else texts in the order of their bytes, else the labels' numbers. Labels are read while
// listing. Thread-safety, errors: as SourceReader.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/format.h"
#include "formats/records/record_fields.h"
#include "formats/records/record_file.h"
#include "libdata/core/error.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

struct RecordPart {
  std::string split;
  std::shared_ptr<const RecordFile> file;
};

struct RecordSet {
  std::vector<RecordColumn> columns;  // of all files
  std::vector<RecordPart> parts;      // samples in their order
  std::filesystem::path beside;       // a file of the set: class names lie in its folder, or above
  std::vector<SampleNote> notes;
};

// Within a handler of `error`, of a file that could not be opened: where it is damaged and the
// request skips damage, a note that `name` is left out; else the error goes on.
void leave_out_damaged(const Error& error, const std::string& name, const SourceRequest& request,
                       RecordSet& set);
// Corrupt, for the reason of the first note, where every file was left out.
void check_any_part(const RecordSet& set, const SourceRequest& request);

class RecordReader : public SourceReader {
 public:
  // InvalidArgument for what of the request does not concern such files.
  RecordReader(RecordSet set, const SourceRequest& request);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override { return access_; }
  void read(Sample& sample) const override;
  void prefetch(uint64_t item) const override;
  std::optional<int64_t> label(uint64_t item) const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override;  // of the values

 private:
  struct Place {
    uint32_t part;
    uint64_t row;
  };

  void list_items();
  void find_labels();
  void look(const std::function<bool(const Record&)>& look) const;
  Error placed(const Error& error, const Place& place, const Record& record) const;

  RecordSet set_;
  std::vector<RecordField> fields_;
  Schema schema_;
  SourceFacts facts_;
  SourceAccess access_ = SourceAccess::kRandom;
  std::vector<PlannedItem> items_;
  std::vector<Place> places_;    // one an item
  std::vector<int64_t> labels_;  // one an item, or empty
};

// What a part of a source calls its split: its own name where that says one, else what was
// requested, else "train".
std::string split_of_part(const std::filesystem::path& path, const std::string& requested);

}  // namespace stoker
