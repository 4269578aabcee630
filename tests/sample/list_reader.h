// A source in memory: samples with a name, a split and a class, whose one value is the name itself.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/source_reader.h"

namespace stoker::testing {

struct ListedSample {
  std::string name;
  size_t split = 0;
  int64_t label = 0;
};

class ListReader : public SourceReader {
 public:
  ListReader(std::vector<ListedSample> samples, std::vector<std::string> class_names,
             std::vector<std::string> splits = {"train"},
             std::vector<std::string> fields = {"text"})
      : samples_(std::move(samples)) {
    facts_.class_names = std::move(class_names);
    facts_.splits = std::move(splits);
    for (const std::string& name : fields) {
      Field field;
      field.name = name;
      field.axes = "B";
      schema_.fields.push_back(field);
    }
    for (const ListedSample& sample : samples_)
      items_.push_back({sample.name, 10, sample.split, 1});
  }

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  // Field f holds "NAME#f"; a sample called "bad" is Corrupt.
  void read(Sample& sample) const override {
    const std::string& name = samples_.at(sample.item).name;
    if (name == "bad") throw Error(ErrorCode::kCorrupt, "is bad");
    for (size_t f = 0; f < schema_.fields.size(); ++f) {
      const std::string text = name + "#" + std::to_string(f);
      Bytes& bytes = sample.next_buffer();
      bytes.assign(text.begin(), text.end());
      FieldValue value;
      value.bytes = bytes;
      sample.values.push_back(value);
    }
  }
  std::optional<int64_t> label(uint64_t item) const override { return samples_[item].label; }
  bool tells_changes() const override { return false; }
  std::vector<std::filesystem::path> source_files(uint64_t) const override { return {}; }
  uint64_t hash_source(uint64_t item) const override { return item + 100; }

 private:
  std::vector<ListedSample> samples_;
  Schema schema_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
};

// What a reader gives for one item: the texts of its fields.
inline std::vector<std::string> texts_of(const SourceReader& reader, uint64_t item) {
  Sample sample;
  sample.item = item;
  reader.read(sample);
  EXPECT_EQ(sample.item, item);
  std::vector<std::string> texts;
  for (const FieldValue& value : sample.values)
    texts.emplace_back(as_text(value.bytes));
  return texts;
}

}  // namespace stoker::testing
