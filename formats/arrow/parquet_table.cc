#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <utility>

#include "formats/arrow/arrow_cells.h"
#include "formats/arrow/arrow_status.h"
#include "formats/arrow/table_files.h"

namespace stoker {
namespace {

// Of rows decoded together.
constexpr uint64_t kBatchBytes = uint64_t{4} << 20;
constexpr int64_t kMostBatchRows = 4096;

void collect_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves) {
  if (field.is_leaf()) leaves.push_back(field.column_index);
  for (const parquet::arrow::SchemaField& child : field.children)
    collect_leaves(child, leaves);
}

class ParquetTable;

class ParquetStream : public TableStream {
 public:
  ParquetStream(const ParquetTable& table, size_t block, const std::vector<WantedColumn>& wanted);
  std::shared_ptr<const TableBatch> next() override;

 private:
  void check_count(int64_t rows);

  const ParquetTable& table_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::vector<TableColumn> columns_;
  std::vector<int> places_;
  uint64_t rows_left_ = 0;
};

class ParquetTable : public TableFile {
 public:
  explicit ParquetTable(std::shared_ptr<const MappedFile> file)
      : path_(file->path()), mapped_(std::move(file)), pool_(bounded_pool(mapped_->size())) {
    check_ends();
    guarded(path_, [&] { read_footer(); });
  }

  const std::vector<TableColumn>& columns() const override { return columns_; }
  const std::vector<TableBlock>& blocks() const override { return blocks_; }
  const std::string& hugging_face() const override { return hugging_face_; }
  bool is_random() const override { return false; }
  std::unique_ptr<TableStream> open(size_t block,
                                    const std::vector<WantedColumn>& wanted) const override {
    return guarded(path_, [&] { return std::make_unique<ParquetStream>(*this, block, wanted); });
  }

  const std::string& path() const { return path_; }
  const std::shared_ptr<arrow::MemoryPool>& pool() const { return pool_; }

  // Arrow's readers are for one thread; the footer is parsed once for all.
  std::unique_ptr<parquet::arrow::FileReader> reader(int64_t batch_rows) const {
    parquet::ReaderProperties properties(pool_.get());
    properties.set_page_checksum_verification(true);
    auto raw = parquet::ParquetFileReader::Open(
        std::make_shared<arrow::io::BufferReader>(mapped_buffer(mapped_)), properties, footer_);
    parquet::ArrowReaderProperties arrow_properties(false);
    arrow_properties.set_batch_size(batch_rows);
    arrow_properties.set_pre_buffer(false);
    return take(parquet::arrow::FileReader::Make(pool_.get(), std::move(raw), arrow_properties),
                path_);
  }

  std::vector<int> leaves_of(const WantedColumn& wanted) const {
    return wanted.path_alone ? path_leaves_[wanted.column] : leaves_[wanted.column];
  }

 private:
  void check_ends() const {
    const ByteSpan bytes = mapped_->bytes();
    const std::string_view end =
        as_text(bytes.size() < 12 ? ByteSpan() : bytes.subspan(bytes.size() - 4));
    if (end == "PARE" || as_text(bytes).starts_with("PARE")) {
      throw Error(ErrorCode::kUnsupported,
                  "the Parquet file is encrypted: decrypt it with what wrote it", path_);
    }
    if (end == "PAR1" && as_text(bytes).starts_with("PAR1")) return;
    if (as_text(bytes).starts_with("version https://git-lfs")) {
      throw Error(ErrorCode::kCorrupt,
                  "is a pointer of Git LFS, the file itself was not fetched: git lfs pull", path_);
    }
    throw Error(ErrorCode::kCorrupt,
                "expected a Parquet file, which begins and ends with PAR1; its end is not there: "
                "it was cut short, copy it again",
                path_);
  }

  void read_footer() {
    parquet::ReaderProperties properties(pool_.get());
    auto raw = parquet::ParquetFileReader::Open(
        std::make_shared<arrow::io::BufferReader>(mapped_buffer(mapped_)), properties);
    footer_ = raw->metadata();
    const auto file = take(parquet::arrow::FileReader::Make(pool_.get(), std::move(raw)), path_);
    const auto& manifest = file->manifest();
    for (const parquet::arrow::SchemaField& field : manifest.schema_fields) {
      columns_.push_back(describe_column(*field.field));
      leaves_.emplace_back();
      collect_leaves(field, leaves_.back());
      path_leaves_.emplace_back();
      for (const parquet::arrow::SchemaField& child : field.children)
        if (child.field->name() == "path") collect_leaves(child, path_leaves_.back());
    }
    hugging_face_ = hugging_face_of(footer_->key_value_metadata().get());
    read_blocks();
  }

  void read_blocks() {
    uint64_t rows = 0;
    for (int group = 0; group < footer_->num_row_groups(); ++group) {
      const auto facts = footer_->RowGroup(group);
      const int64_t count = facts->num_rows();
      if (count < 0 || facts->total_byte_size() < 0) {
        throw Error(ErrorCode::kCorrupt, "its footer has a negative count of rows", path_);
      }
      blocks_.push_back(
          {static_cast<uint64_t>(count), static_cast<uint64_t>(facts->total_byte_size())});
      check_columns(*facts, count);
      rows += blocks_.back().rows;
    }
    if (static_cast<uint64_t>(footer_->num_rows()) == rows) return;
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("its footer says {} rows, its row groups have {}", footer_->num_rows(), rows),
        path_);
  }

  // A row takes a level or a value in each column, so that no file has more rows than all of them
  // say.
  void check_columns(const parquet::RowGroupMetaData& facts, int64_t rows) const {
    for (int column = 0; column < facts.num_columns(); ++column) {
      const auto chunk = facts.ColumnChunk(column);
      const int64_t size = chunk->total_compressed_size();
      if (chunk->num_values() < rows) {
        throw Error(ErrorCode::kCorrupt,
                    fmt::format("a row group of {} rows has {} values in the column '{}'", rows,
                                chunk->num_values(), chunk->path_in_schema()->ToDotString()),
                    path_);
      }
      if (size < 0 || static_cast<uint64_t>(size) > mapped_->size()) {
        throw Error(ErrorCode::kCorrupt,
                    fmt::format("the column '{}' reaches past the end of the file",
                                chunk->path_in_schema()->ToDotString()),
                    path_);
      }
    }
  }

  std::string path_;
  std::shared_ptr<const MappedFile> mapped_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::shared_ptr<parquet::FileMetaData> footer_;
  std::vector<TableColumn> columns_;
  std::vector<std::vector<int>> leaves_;       // one list a column
  std::vector<std::vector<int>> path_leaves_;  // of images
  std::vector<TableBlock> blocks_;
  std::string hugging_face_;
};

ParquetStream::ParquetStream(const ParquetTable& table, size_t block,
                             const std::vector<WantedColumn>& wanted)
    : table_(table) {
  const TableBlock& facts = table.blocks()[block];
  rows_left_ = facts.rows;
  const uint64_t row_bytes = facts.size_bytes / std::max<uint64_t>(facts.rows, 1) + 1;
  const auto rows = static_cast<int64_t>(kBatchBytes / row_bytes);
  file_ = table.reader(std::clamp<int64_t>(rows, 1, kMostBatchRows));
  std::vector<int> leaves;
  for (const WantedColumn& each : wanted) {
    const std::vector<int> own = table.leaves_of(each);
    leaves.insert(leaves.end(), own.begin(), own.end());
    columns_.push_back(table.columns()[each.column]);
    // Arrow gives columns in the order of the file, whatever the order they were asked for.
    places_.push_back(static_cast<int>(
        std::count_if(wanted.begin(), wanted.end(),
                      [&](const WantedColumn& other) { return other.column < each.column; })));
  }
  std::sort(leaves.begin(), leaves.end());
  batches_ = take(file_->GetRecordBatchReader({static_cast<int>(block)}, leaves), table.path());
}

std::shared_ptr<const TableBatch> ParquetStream::next() {
  return guarded(table_.path(), [&]() -> std::shared_ptr<const TableBatch> {
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      check(batches_->ReadNext(&batch), table_.path());
    } while (batch && batch->num_rows() == 0);
    check_count(batch ? batch->num_rows() : -1);
    if (!batch) return nullptr;
    return make_batch(std::move(batch), columns_, places_, table_.path(), table_.pool());
  });
}

// -1: the end.
void ParquetStream::check_count(int64_t rows) {
  const auto count = static_cast<uint64_t>(std::max<int64_t>(rows, 0));
  if (rows < 0 ? rows_left_ == 0 : count <= rows_left_) {
    rows_left_ -= count;
    return;
  }
  throw Error(ErrorCode::kCorrupt, "a row group holds other rows than the footer says",
              table_.path());
}

}  // namespace

std::unique_ptr<TableFile> open_parquet_table(std::shared_ptr<const MappedFile> file) {
  return std::make_unique<ParquetTable>(std::move(file));
}

}  // namespace stoker
