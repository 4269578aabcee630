// Parquet and Arrow files as a source of samples.
//
// Samples are called by their column __key__, else by the paths of their images, else by their
// numbers within the split, as datasets counts them. Names and labels are read while listing, from
// their columns alone. Classes are those of Hugging Face's features, else texts in the order of
// their bytes, else the labels' numbers. Parquet, and Arrow files that are compressed, are decoded
// block by block ahead of the reading: kInOrder. Others are mapped: kRandom.
// Thread-safety, errors: as SourceReader; of read with the file, the row in it and the column.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "formats/arrow/arrow_engine.h"
#include "formats/arrow/block_queue.h"
#include "formats/arrow/table_fields.h"
#include "formats/format.h"
#include "formats/shard_inputs.h"
#include "libdata/core/error.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

struct TableSet {
  ShardInputs inputs;
  std::string features;  // beside the files, as JSON, for files that have none; or empty
  std::vector<SampleNote> notes;
};

class TableReader : public SourceReader {
 public:
  using Open = std::unique_ptr<TableFile> (*)(std::shared_ptr<const MappedFile> file);

  // InvalidArgument for what of the request does not concern such files, and for files whose
  // columns differ.
  TableReader(TableSet set, const SourceRequest& request, Open open);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override;
  void read(Sample& sample) const override;
  std::optional<int64_t> label(uint64_t item) const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override;  // of the values

 private:
  struct Part {
    std::string path;
    size_t split = 0;
    std::unique_ptr<TableFile> file;
    std::vector<size_t> columns;  // where columns_ are in this file
  };
  struct Block {
    size_t part = 0;
    size_t block = 0;         // in its file
    uint64_t first_row = 0;   // in its file
    uint64_t first_item = 0;  // index into items_
    uint64_t rows = 0;
  };
  // A block whose bytes lie in the mapped file, opened when it is first needed.
  struct MappedBlock {
    std::once_flag once;
    std::shared_ptr<const TableBatch> batch;
  };
  struct Listed;

  void open_files(const SourceRequest& request, Open open);
  void take_columns(Part& part);
  std::map<std::string, HuggingFeature> features_of_parts(const std::string& beside) const;
  void list_blocks();
  void apply_features(const std::map<std::string, HuggingFeature>& features);
  std::vector<TableProbe> probe() const;
  void choose_fields(const std::map<std::string, HuggingFeature>& features,
                     const std::map<std::string, std::string>& wanted);
  std::optional<size_t> name_column() const;
  void list_rows(const std::map<std::string, HuggingFeature>& features);
  void list_block(size_t block, Listed& listed) const;
  void list_row(const TableBatch& batch, uint64_t row, uint64_t item, Listed& listed) const;
  void add_items(Listed& listed);
  void find_labels(Listed& listed, const std::map<std::string, HuggingFeature>& features);
  std::vector<WantedColumn> wanted_in(const Part& part, const std::vector<size_t>& columns) const;
  const Block& block_of(uint64_t item) const;
  BlockQueue::Row row_of(const Block& block, uint64_t row) const;
  void add_value(size_t field, const CellValue& cell, const Part& part, Sample& sample,
                 uint64_t& hash) const;
  ByteSpan image_bytes(const CellValue& cell, const Part& part, Sample& sample) const;

  ShardInputs inputs_;
  std::vector<TableColumn> columns_;
  std::vector<Part> parts_;
  std::vector<Block> blocks_;
  std::vector<TableField> fields_;
  std::vector<size_t> read_columns_;  // one a field
  Schema schema_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
  std::vector<int64_t> labels_;      // one an item, or empty
  std::vector<std::string> beside_;  // files that images lie in, one an item, or empty
  bool images_beside_ = false;
  bool is_random_ = true;
  std::unique_ptr<MappedBlock[]> mapped_;  // one a block, where random
  mutable std::mutex queue_mutex_;
  std::unique_ptr<BlockQueue> queue_;  // where not
};

}  // namespace stoker
