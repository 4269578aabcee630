#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/util/byte_size.h>

#include <functional>
#include <string_view>
#include <utility>

#include "formats/arrow/arrow_cells.h"
#include "formats/arrow/arrow_status.h"
#include "formats/arrow/table_files.h"

namespace stoker {
namespace {

using Batches = std::function<std::shared_ptr<arrow::RecordBatch>()>;  // null behind the last

class IpcTable : public TableFile {
 public:
  explicit IpcTable(std::shared_ptr<const MappedFile> file)
      : path_(file->path()),
        mapped_(std::move(file)),
        buffer_(mapped_buffer(mapped_)),
        pool_(bounded_pool(mapped_->size())) {
    guarded(path_, [&] { list(); });
  }

  const std::vector<TableColumn>& columns() const override { return columns_; }
  const std::vector<TableBlock>& blocks() const override { return blocks_; }
  const std::string& hugging_face() const override { return hugging_face_; }
  bool is_random() const override { return is_random_; }
  std::unique_ptr<TableStream> open(size_t block,
                                    const std::vector<WantedColumn>& wanted) const override;

  // A batch with offsets and texts found sound, so that its cells may be taken as they are.
  std::shared_ptr<const TableBatch> checked(std::shared_ptr<arrow::RecordBatch> batch,
                                            const std::vector<WantedColumn>& wanted) const {
    std::vector<TableColumn> columns;
    std::vector<int> places;
    for (const WantedColumn& each : wanted) {
      columns.push_back(columns_[each.column]);
      places.push_back(static_cast<int>(each.column));
      check(batch->column(places.back())->ValidateFull(), path_);
    }
    return make_batch(std::move(batch), std::move(columns), places, path_, pool_);
  }

  Batches start() const {
    if (as_text(mapped_->bytes()).starts_with("ARROW1")) return start_file();
    auto stream = take(arrow::ipc::RecordBatchStreamReader::Open(
                           std::make_shared<arrow::io::BufferReader>(buffer_), options()),
                       path_);
    return [stream, this] {
      std::shared_ptr<arrow::RecordBatch> batch;
      check(stream->ReadNext(&batch), path_);
      return batch;
    };
  }

  const std::string& path() const { return path_; }

 private:
  friend class IpcStream;

  arrow::ipc::IpcReadOptions options() const {
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.memory_pool = pool_.get();
    options.use_threads = false;
    return options;
  }

  Batches start_file() const {
    auto file = take(arrow::ipc::RecordBatchFileReader::Open(
                         std::make_shared<arrow::io::BufferReader>(buffer_), options()),
                     path_);
    return [file, at = 0, this]() mutable -> std::shared_ptr<arrow::RecordBatch> {
      if (at >= file->num_record_batches()) return nullptr;
      return take(file->ReadRecordBatch(at++), path_);
    };
  }

  std::shared_ptr<arrow::Schema> schema() const {
    if (as_text(mapped_->bytes()).starts_with("ARROW1")) {
      return take(arrow::ipc::RecordBatchFileReader::Open(
                      std::make_shared<arrow::io::BufferReader>(buffer_), options()),
                  path_)
          ->schema();
    }
    return take(arrow::ipc::RecordBatchStreamReader::Open(
                    std::make_shared<arrow::io::BufferReader>(buffer_), options()),
                path_)
        ->schema();
  }

  // Whether all buffers lie in the mapped file: they do unless they were compressed.
  bool lies_in_file(const arrow::ArrayData& data) const {
    for (const auto& buffer : data.buffers) {
      if (!buffer || buffer->size() == 0) continue;
      const uint8_t* begin = mapped_->bytes().data();
      if (buffer->data() < begin || buffer->data() >= begin + mapped_->size()) return false;
    }
    for (const auto& child : data.child_data)
      if (!lies_in_file(*child)) return false;
    return true;
  }

  void list() {
    const auto fields = schema();
    hugging_face_ = hugging_face_of(fields->metadata().get());
    for (const auto& field : fields->fields())
      columns_.push_back(describe_column(*field));
    const Batches next = start();
    uint64_t rows = 0;
    uint64_t size_bytes = 0;
    while (auto batch = next()) {
      check(batch->Validate(), path_);
      if (batch->num_rows() == 0) continue;
      const auto count = static_cast<uint64_t>(batch->num_rows());
      const auto bytes = static_cast<uint64_t>(arrow::util::TotalBufferSize(*batch));
      for (int c = 0; c < batch->num_columns(); ++c)
        is_random_ = is_random_ && lies_in_file(*batch->column_data(c));
      rows += count;
      size_bytes += bytes;
      if (!is_random_) {  // to be read through
        batches_.clear();
        continue;
      }
      batches_.push_back(batch);
      blocks_.push_back({count, bytes});
    }
    if (!is_random_) blocks_ = {{rows, size_bytes}};
    check_end();
  }

  // A stream that was cut between two batches is a stream as far as Arrow can tell.
  void check_end() const {
    constexpr std::string_view kEnd("\xff\xff\xff\xff\0\0\0\0", 8);
    const std::string_view text = as_text(mapped_->bytes());
    if (text.starts_with("ARROW1") || text.ends_with(kEnd)) return;
    throw Error(
        ErrorCode::kCorrupt,
        "expected a stream of record batches that ends in its end mark; it has none: it was "
        "cut short, copy it again",
        path_, mapped_->size());
  }

  std::string path_;
  std::shared_ptr<const MappedFile> mapped_;
  std::shared_ptr<arrow::Buffer> buffer_;
  std::shared_ptr<arrow::MemoryPool> pool_;
  std::vector<TableColumn> columns_;
  std::vector<TableBlock> blocks_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;  // one a block, where random
  std::string hugging_face_;
  bool is_random_ = true;
};

class IpcStream : public TableStream {
 public:
  IpcStream(const IpcTable& table, Batches batches, std::vector<WantedColumn> wanted)
      : table_(table), batches_(std::move(batches)), wanted_(std::move(wanted)) {}

  std::shared_ptr<const TableBatch> next() override {
    return guarded(table_.path(), [&]() -> std::shared_ptr<const TableBatch> {
      std::shared_ptr<arrow::RecordBatch> batch;
      do {
        batch = batches_();
      } while (batch && batch->num_rows() == 0);
      if (!batch) return nullptr;
      return table_.checked(std::move(batch), wanted_);
    });
  }

 private:
  const IpcTable& table_;
  Batches batches_;
  std::vector<WantedColumn> wanted_;
};

std::unique_ptr<TableStream> IpcTable::open(size_t block,
                                            const std::vector<WantedColumn>& wanted) const {
  return guarded(path_, [&]() -> std::unique_ptr<TableStream> {
    if (!is_random_) return std::make_unique<IpcStream>(*this, start(), wanted);
    Batches one = [batch = batches_[block]]() mutable { return std::exchange(batch, nullptr); };
    return std::make_unique<IpcStream>(*this, std::move(one), wanted);
  });
}

}  // namespace

std::unique_ptr<TableFile> open_ipc_table(std::shared_ptr<const MappedFile> file) {
  return std::make_unique<IpcTable>(std::move(file));
}

}  // namespace stoker
