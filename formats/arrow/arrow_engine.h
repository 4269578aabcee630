// Tables of Arrow and Parquet files in the house's own terms: what the Arrow library does for us,
// behind an interface that names none of its types.
//
// The code that links Arrow is a library of its own (stoker-arrow.so), loaded when the first such
// file is met: programs start without Arrow, packages need not depend on it, and a machine without
// it reads all other formats.
//
// Thread-safety: a TableFile may be used from many threads at once, a TableStream and a TableSink
// by one at a time; batches are constant values. Ownership: batches keep alive what their values
// point into. Errors: Corrupt or Unsupported with the path; Io from the system.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/stacked/element_type.h"
#include "libdata/core/arrays.h"
#include "libdata/core/files.h"

namespace stoker {

enum class TableKind : uint8_t {
  kNumber,
  kText,   // UTF-8
  kBytes,  // of any length
  kImage,  // struct{bytes, path}, as Hugging Face has images
  kArray,  // lists of numbers, or lists of those ..., up to four axes
  kNull,   // a column of nothing but nulls
  kOther,  // what no field holds: structs, lists of texts, dates, decimals
};

struct TableColumn {
  std::string name;
  TableKind kind = TableKind::kOther;
  ElementType element;           // of numbers and arrays
  std::vector<int64_t> extents;  // of arrays, one an axis; -1 where the type does not say
  std::string type_name;         // Arrow's, for messages
};

// The value of one column in one row.
struct CellValue {
  bool is_null = false;  // of an image: its bytes are
  // Numbers and elements little-endian in C order (bools a byte each); text; bytes; an image file.
  ByteSpan bytes;
  std::string_view path;             // of an image; empty where it is null
  std::vector<uint64_t> shape = {};  // of an array
};

class TableBatch {
 public:
  virtual ~TableBatch() = default;

  virtual uint64_t rows() const = 0;
  virtual uint64_t size_bytes() const = 0;  // roughly, in memory
  // `position` counts the columns that were asked for. What has to be put together lies in
  // `buffer`, all else in the batch. Unsupported for arrays that are not rectangular or have nulls
  // in them; Corrupt for text that is not UTF-8.
  virtual CellValue cell(size_t position, uint64_t row, Bytes& buffer) const = 0;
};

class TableStream {
 public:
  virtual ~TableStream() = default;
  virtual std::shared_ptr<const TableBatch> next() = 0;  // null behind the last
};

// A column to be read; of images also the path alone.
struct WantedColumn {
  size_t column = 0;  // index into TableFile::columns()
  bool path_alone = false;
  bool operator==(const WantedColumn&) const = default;
};

// Rows that are read from their first on: a row group, or a batch.
struct TableBlock {
  uint64_t rows = 0;
  uint64_t size_bytes = 0;  // roughly, in memory
};

class TableFile {
 public:
  virtual ~TableFile() = default;

  virtual const std::vector<TableColumn>& columns() const = 0;
  virtual const std::vector<TableBlock>& blocks() const = 0;
  // Hugging Face's JSON of features, where the file has it.
  virtual const std::string& hugging_face() const = 0;
  // Whether each block is one batch that is had at no cost, its bytes lying in the mapped file.
  virtual bool is_random() const = 0;
  virtual std::unique_ptr<TableStream> open(size_t block,
                                            const std::vector<WantedColumn>& wanted) const = 0;
};

// How columns are stored: image bytes never compressed.
struct TableCompression {
  std::string codec = "none";  // "snappy", "zstd", "gzip"
  std::optional<int> level;
};

// A Parquet file in the making, row by row; row groups of 100 to 1000 rows, or fewer where they are
// large.
class TableSink {
 public:
  virtual ~TableSink() = default;

  // One value a column; of arrays with their shape. Spans are read during the call only.
  virtual void append(std::span<const CellValue> row) = 0;
  virtual void finish() = 0;
};

class ArrowEngine {
 public:
  virtual ~ArrowEngine() = default;

  virtual std::unique_ptr<TableFile> open_parquet(std::shared_ptr<const MappedFile> file) const = 0;
  // A stream or a file of record batches.
  virtual std::unique_ptr<TableFile> open_ipc(std::shared_ptr<const MappedFile> file) const = 0;
  // Bytes go to `write` as they come; `path` is for messages. Arrays whose extents are not all
  // known are lists of lists. InvalidArgument for a codec that this Arrow was built without.
  virtual std::unique_ptr<TableSink> make_parquet(const std::vector<TableColumn>& columns,
                                                  const std::string& hugging_face,
                                                  const TableCompression& compression,
                                                  std::string path,
                                                  std::function<void(ByteSpan)> write) const = 0;
};

// InvalidArgument, with what would enable it, in a build or on a machine without Arrow.
const ArrowEngine& arrow_engine();
bool has_arrow_engine();

}  // namespace stoker
