// TFRecord files of tf.train.Examples as a source of samples.
//
// Names are those that Examples hold (image/filename, file_name), or SHARD/NUMBER. Fields are what
// example_fields.h says. Classes are those of labels.txt (or TFDS's label.labels.txt) beside the
// files, else the texts that Examples have beside their labels. Labels stand as they are: those
// of the original ImageNet scripts begin at 1. The data's checksum is tried when a sample is read.
// Thread-safety, errors: as SourceReader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/byte_source.h"
#include "formats/format.h"
#include "formats/tfrecord/example_fields.h"
#include "formats/tfrecord/record_listing.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

bool is_tfrecord_name(const std::filesystem::path& file);  // x.tfrecord, train-00000-of-00010

class TfRecordReader : public SourceReader {
 public:
  explicit TfRecordReader(const SourceRequest& request);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override {
    return compressed_ ? SourceAccess::kInOrder : SourceAccess::kRandom;
  }
  void read(Sample& sample) const override;
  void prefetch(uint64_t item) const override;
  std::optional<int64_t> label(uint64_t item) const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override;  // of the record's data

 private:
  struct Place {
    uint32_t file;
    uint32_t number;  // in its file
    RecordPlace record;
    bool damaged;
  };
  struct Listed {  // of all files
    std::map<std::string, FeatureFacts> features;
    ListingKeys keys;
    std::vector<ClassTexts> class_texts;  // one for each of keys.class_texts
    std::vector<std::string> labels;      // one an item, as text
    std::vector<uint64_t> label_keys;     // records whose label is of each of keys.labels
  };

  Listed list_files(const SourceRequest& request, bool own, const std::vector<size_t>& splits);
  void check_label_keys(const ExampleField& label, const Listed& all) const;
  std::vector<std::string> classes_in_records(const Listed& all, const std::string& label);
  void note_labels_from_one(const Listed& all);
  void take_listing(uint32_t file, size_t split, RecordListing listing, Listed& all);
  std::string number_name(uint64_t item) const;
  bool is_sound(uint64_t item) const;
  void rename_damaged_twins();
  void drop_damaged_labels(Listed& all) const;
  void find_labels(Listed all, const std::vector<std::string>& own_classes);
  std::vector<std::string> listed_classes(const std::filesystem::path& list, const Listed& all);
  void key_contents();

  std::vector<std::string> paths_;
  std::vector<std::string> file_names_;  // what samples without a name are called by
  bool compressed_ = false;
  std::vector<Place> places_;    // one an item
  std::vector<int64_t> labels_;  // one an item, or empty
  std::vector<ExampleField> fields_;
  Schema schema_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
  std::unique_ptr<OpenSources> sources_;
};

}  // namespace stoker
