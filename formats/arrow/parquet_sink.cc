#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <utility>

#include "formats/arrow/arrow_status.h"
#include "formats/arrow/table_files.h"

namespace stoker {
namespace {

// Readers of one row decode its group: small ones for large rows, yet not so many that the footer
// counts.
constexpr int64_t kMostGroupRows = 1000;
constexpr int64_t kLeastGroupRows = 100;
constexpr uint64_t kGroupBytes = uint64_t{32} << 20;
constexpr uint64_t kMostGroupBytes = uint64_t{128} << 20;
constexpr uint64_t kMostValueBytes = uint64_t{1} << 30;  // offsets are 31 bits, of a whole group

std::shared_ptr<arrow::DataType> element_type(const ElementType& type) {
  const bool is_signed = type.kind == ElementKind::kSigned;
  if (type.kind == ElementKind::kFloat) {
    return type.size_bytes == 2   ? arrow::float16()
           : type.size_bytes == 4 ? arrow::float32()
                                  : arrow::float64();
  }
  switch (type.size_bytes) {
    case 1:
      return is_signed ? arrow::int8() : arrow::uint8();
    case 2:
      return is_signed ? arrow::int16() : arrow::uint16();
    case 4:
      return is_signed ? arrow::int32() : arrow::uint32();
    default:
      return is_signed ? arrow::int64() : arrow::uint64();
  }
}

// Arrays of two axes and more whose extents are known: datasets' Array2D to Array4D, lists of lists
// with a name that tells them from others.
bool is_fixed_array(const TableColumn& column) {
  return column.kind == TableKind::kArray && column.extents.size() > 1 &&
         std::find(column.extents.begin(), column.extents.end(), -1) == column.extents.end();
}

TableColumn as_stored(TableColumn column) {
  if (is_fixed_array(column)) column.extents.assign(column.extents.size(), -1);
  return column;
}

std::shared_ptr<const arrow::KeyValueMetadata> extension_of(const TableColumn& column) {
  if (!is_fixed_array(column)) return nullptr;
  const size_t rank = column.extents.size();
  return arrow::KeyValueMetadata::Make(
      {"ARROW:extension:name", "ARROW:extension:metadata"},
      {fmt::format("datasets.features.features.Array{}DExtensionType", rank),
       fmt::format("[[{}], \"{}\"]", fmt::join(column.extents, ", "),
                   element_type_name(column.element))});
}

// The values of one column in the row group that is being gathered.
class Gathered {
 public:
  explicit Gathered(const TableColumn& column) : column_(column), lengths_(column.extents.size()) {}

  std::shared_ptr<arrow::DataType> type() const {
    switch (column_.kind) {
      case TableKind::kText:
        return arrow::utf8();
      case TableKind::kBytes:
        return arrow::binary();
      case TableKind::kImage:
        return arrow::struct_(
            {arrow::field("bytes", arrow::binary()), arrow::field("path", arrow::utf8())});
      default:
        return list_type(0);
    }
  }

  void append(const CellValue& cell) {
    if (cell.bytes.size() > kMostValueBytes) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("'{}': a value of {} bytes; Parquet files of Hugging Face hold up to "
                              "{} each",
                              column_.name, cell.bytes.size(), kMostValueBytes));
    }
    switch (column_.kind) {
      case TableKind::kText:
        return add_view(text_, cell.bytes);
      case TableKind::kBytes:
        return add_view(binary_, cell.bytes);
      case TableKind::kImage:
        add_view(binary_, cell.bytes);
        return add_view(text_, as_bytes(cell.path));
      default:
        add_elements(cell);
    }
  }

  std::shared_ptr<arrow::Array> finish(int64_t rows) {
    switch (column_.kind) {
      case TableKind::kText:
        return finished(text_);
      case TableKind::kBytes:
        return finished(binary_);
      case TableKind::kImage: {
        const auto bytes = finished(binary_);
        const auto path = finished(text_);
        return std::make_shared<arrow::StructArray>(type(), rows, arrow::ArrayVector{bytes, path});
      }
      default:
        return finish_elements(rows);
    }
  }

 private:
  template <typename Builder>
  void add_view(Builder& builder, ByteSpan bytes) {
    check(builder.Append(as_text(bytes)), column_.name);
  }
  template <typename Builder>
  std::shared_ptr<arrow::Array> finished(Builder& builder) {
    std::shared_ptr<arrow::Array> array;
    check(builder.Finish(&array), column_.name);
    return array;
  }

  std::shared_ptr<arrow::DataType> list_type(size_t axis) const {
    if (axis == column_.extents.size()) return element_type(column_.element);
    const auto inner = arrow::field("element", list_type(axis + 1));
    const int64_t extent = column_.extents[axis];
    return extent < 0 ? arrow::list(inner)
                      : arrow::fixed_size_list(inner, static_cast<int32_t>(extent));
  }

  // Lengths of the lists of each axis: one for the row, then one for each list in it ...
  void add_elements(const CellValue& cell) {
    uint64_t lists = 1;
    for (size_t axis = 0; axis < column_.extents.size(); ++axis) {
      const uint64_t extent = cell.shape[axis];
      if (column_.extents[axis] < 0) {
        lengths_[axis].insert(lengths_[axis].end(), static_cast<size_t>(lists),
                              static_cast<int32_t>(extent));
      }
      lists *= extent;
    }
    elements_.insert(elements_.end(), cell.bytes.begin(), cell.bytes.end());
  }

  std::shared_ptr<arrow::Array> finish_elements(int64_t rows) {
    const auto count = static_cast<int64_t>(elements_.size() / column_.element.size_bytes);
    auto buffer = arrow::Buffer::FromVector(std::exchange(elements_, {}));
    auto data = arrow::ArrayData::Make(element_type(column_.element), count,
                                       {nullptr, std::move(buffer)}, 0);
    for (size_t axis = column_.extents.size(); axis-- > 0;) {
      if (column_.extents[axis] < 0) {
        data = ragged(axis, std::move(data));
      } else {
        const int64_t lists = axis == 0 ? rows : lists_of(axis, data->length);
        data = arrow::ArrayData::Make(list_type(axis), lists, {nullptr}, {std::move(data)}, 0);
      }
    }
    return arrow::MakeArray(std::move(data));
  }

  int64_t lists_of(size_t axis, int64_t elements) const {
    return column_.extents[axis] == 0 ? 0 : elements / column_.extents[axis];
  }

  std::shared_ptr<arrow::ArrayData> ragged(size_t axis, std::shared_ptr<arrow::ArrayData> values) {
    std::vector<int32_t> offsets{0};
    for (const int32_t length : lengths_[axis])
      offsets.push_back(offsets.back() + length);
    const auto lists = static_cast<int64_t>(lengths_[axis].size());
    lengths_[axis].clear();
    return arrow::ArrayData::Make(list_type(axis), lists,
                                  {nullptr, arrow::Buffer::FromVector(std::move(offsets))},
                                  {std::move(values)}, 0);
  }

  TableColumn column_;
  arrow::BinaryBuilder binary_;
  arrow::StringBuilder text_;
  Bytes elements_;
  std::vector<std::vector<int32_t>> lengths_;  // one list an axis, where extents differ
};

// Where Parquet's bytes go.
class ForwardingStream : public arrow::io::OutputStream {
 public:
  explicit ForwardingStream(std::function<void(ByteSpan)> write) : write_(std::move(write)) {
    set_mode(arrow::io::FileMode::WRITE);
  }

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Write(const void* data, int64_t size) override {
    write_({static_cast<const uint8_t*>(data), static_cast<size_t>(size)});
    position_ += size;
    return arrow::Status::OK();
  }

 private:
  std::function<void(ByteSpan)> write_;
  int64_t position_ = 0;
  bool closed_ = false;
};

arrow::Compression::type codec_of(const TableCompression& compression) {
  if (compression.codec == "none") return arrow::Compression::UNCOMPRESSED;
  const auto codec = arrow::util::Codec::GetCompressionType(compression.codec);
  if (codec.ok() && arrow::util::Codec::IsAvailable(*codec)) return *codec;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--compression {}: this machine's Arrow was built without it",
                          compression.codec));
}

// Image files are compressed already; statistics would repeat whole values in the footer.
std::shared_ptr<parquet::WriterProperties> properties_of(const std::vector<TableColumn>& columns,
                                                         const TableCompression& compression) {
  const arrow::Compression::type codec = codec_of(compression);
  parquet::WriterProperties::Builder builder;
  builder.enable_page_checksum();
  builder.created_by("stoker");
  const auto plain = [&](const std::string& path) {
    builder.disable_dictionary(path)->disable_statistics(path)->encoding(path,
                                                                         parquet::Encoding::PLAIN);
  };
  for (const TableColumn& column : columns) {
    if (column.kind == TableKind::kImage) {
      for (const char* part : {".bytes", ".path"})
        plain(column.name + part);
      continue;
    }
    std::string path = column.name;
    for (size_t axis = 0; axis < column.extents.size(); ++axis)
      path += ".list.element";
    builder.compression(path, codec);
    if (compression.level) builder.compression_level(path, *compression.level);
    if (column.kind == TableKind::kArray) {
      builder.disable_statistics(path);
      // Bytes are stored as 32-bit numbers otherwise; a dictionary has them as they are.
      if (column.element.size_bytes > 1) plain(path);
    } else if (column.kind != TableKind::kNumber) {
      plain(path);
    }
  }
  return builder.build();
}

class ParquetSink : public TableSink {
 public:
  ParquetSink(const std::vector<TableColumn>& columns, const std::string& hugging_face,
              const TableCompression& compression, std::string path,
              std::function<void(ByteSpan)> write)
      : path_(std::move(path)) {
    arrow::FieldVector fields;
    for (const TableColumn& column : columns) {
      gathered_.push_back(std::make_unique<Gathered>(as_stored(column)));
      fields.push_back(arrow::field(column.name, gathered_.back()->type(), extension_of(column)));
    }
    schema_ = arrow::schema(std::move(fields),
                            arrow::KeyValueMetadata::Make({"huggingface"}, {hugging_face}));
    const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    writer_ = take(
        parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(),
                                         std::make_shared<ForwardingStream>(std::move(write)),
                                         properties_of(columns, compression), arrow_properties),
        path_);
  }

  void append(std::span<const CellValue> row) override {
    for (size_t c = 0; c < row.size(); ++c) {
      gathered_[c]->append(row[c]);
      bytes_ += row[c].bytes.size() + row[c].path.size();
    }
    ++rows_;
    const bool full = rows_ >= kMostGroupRows || bytes_ >= kMostGroupBytes ||
                      (rows_ >= kLeastGroupRows && bytes_ >= kGroupBytes);
    if (full) flush();
  }

  void finish() override {
    if (rows_ > 0) flush();
    guarded(path_, [&] { check(writer_->Close(), path_); });
  }

 private:
  void flush() {
    guarded(path_, [&] {
      arrow::ArrayVector arrays;
      for (const auto& column : gathered_)
        arrays.push_back(column->finish(rows_));
      const auto table = arrow::Table::Make(schema_, arrays, rows_);
      check(writer_->WriteTable(*table, rows_), path_);
    });
    rows_ = 0;
    bytes_ = 0;
  }

  std::string path_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<Gathered>> gathered_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  int64_t rows_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<TableSink> make_parquet_sink(const std::vector<TableColumn>& columns,
                                             const std::string& hugging_face,
                                             const TableCompression& compression, std::string path,
                                             std::function<void(ByteSpan)> write) {
  const std::string place = path;
  return guarded(place, [&]() -> std::unique_ptr<TableSink> {
    return std::make_unique<ParquetSink>(columns, hugging_face, compression, std::move(path),
                                         std::move(write));
  });
}

}  // namespace stoker
