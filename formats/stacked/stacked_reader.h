// Arrays with one row a sample, as a source of samples: what NumPy's, CIFAR's and MNIST's files
// have in common.
//
// Blob fields are handed out as elements (Codec::kRaw), in place where they lie in a mapped file as
// the field has them. Thread-safety, errors: as SourceReader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/stacked/strided_array.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

// Samples of one split that lie together: one array a field, all of one length.
struct SampleStack {
  std::string split;
  std::string prefix;                // of the names: "data_batch_1/"
  std::vector<std::string> names;    // of the samples; empty: their numbers, "000042"
  std::vector<StridedArray> arrays;  // one a field of the schema, in its order
  std::vector<std::filesystem::path> files;
};

class StackedReader : public SourceReader {
 public:
  // `facts` without splits: those of the stacks, in order of their first. Rows of blob fields may
  // differ in shape between stacks. InvalidArgument where arrays of a stack differ in length;
  // Unsupported for labels that do not fit; Corrupt where two samples of a split have one name.
  StackedReader(Schema schema, std::vector<SampleStack> stacks, SourceFacts facts);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override { return access_; }
  void read(Sample& sample) const override;
  void prefetch(uint64_t item) const override;
  std::optional<int64_t> label(uint64_t item) const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override;

 private:
  struct Place {
    const SampleStack* stack;
    uint64_t row;
  };
  Place place_of(uint64_t item) const;
  void check_stack(const SampleStack& stack) const;
  void list_items(const SampleStack& stack, size_t split);

  Schema schema_;
  std::vector<SampleStack> stacks_;
  SourceFacts facts_;
  std::optional<size_t> label_;  // an inline int32 called "label"
  SourceAccess access_ = SourceAccess::kRandom;
  std::vector<uint64_t> first_items_;  // of each stack
  std::vector<PlannedItem> items_;
};

}  // namespace stoker
