#include "formats/arrow/parquet_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "formats/arrow/hugging_features.h"
#include "formats/arrow/table_fields.h"
#include "formats/compression_choice.h"
#include "formats/plain_fields.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kDataFolder = "data";

TableCompression parse_compression(const std::string& text) {
  TableCompression compression;
  if (text.empty()) return compression;
  const size_t colon = text.find(':');
  compression.codec = text.substr(0, colon);
  const bool has_levels = compression.codec == "zstd" || compression.codec == "gzip";
  const int most = compression.codec == "zstd" ? 22 : 9;
  bool good = has_levels || compression.codec == "none" || compression.codec == "snappy";
  if (colon != text.npos) {
    compression.level = parse_level(text.substr(colon + 1), most);
    good = good && has_levels && compression.level;
  }
  if (good) return compression;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--compression {}: of --to parquet there are none, snappy, zstd, "
                          "zstd:1..22, gzip, gzip:1..9 (images stay as they are)",
                          text));
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class ParquetFile : public UnitWriter {
 public:
  ParquetFile(const fs::path& output, const fs::path& path, const TableCompression& compression,
              const OutputRun& run)
      : path_(path.lexically_relative(output).generic_string()),
        schema_(run.manifest.schema),
        columns_(hub_columns(schema_, run.manifest.class_names)),
        file_(path),
        sink_(arrow_engine().make_parquet(columns_.columns, columns_.features, compression,
                                          path.string(),
                                          [this](ByteSpan bytes) { write(bytes); })) {}

  void append(const Sample& sample) override {
    cells_.clear();
    for (size_t f = 0; f < schema_.fields.size(); ++f)
      cells_.push_back(cell_of(schema_.fields[f], sample.values[f], sample.name));
    if (columns_.has_names) {
      cells_.emplace_back();
      cells_.back().bytes = as_bytes(sample.name);
    }
    sink_->append(cells_);
  }
  uint64_t size_bytes() const override { return file_.size(); }

  std::vector<UnitFileEntry> finish() override {
    sink_->finish();
    file_.finish();
    return {{path_, file_.size(), hash_.digest()}};
  }

 private:
  void write(ByteSpan bytes) {
    hash_.update(bytes);
    file_.write(bytes);
  }

  CellValue cell_of(const Field& field, const FieldValue& value, const std::string& name) {
    CellValue cell;
    cell.bytes = value.bytes;
    if (holds_class_index(field)) {
      store_le(label_.data(), static_cast<int64_t>(load_le<int32_t>(value.bytes.data())));
      cell.bytes = label_;
    } else if (holds_encoded_image(field)) {
      cell.path = name;
    } else if (!holds_any_bytes(field)) {
      cell.shape = array_shape(field, value);
    }
    return cell;
  }

  std::string path_;  // below the output folder
  const Schema& schema_;
  HubColumns columns_;
  AtomicFile file_;
  StreamHash128 hash_;
  std::unique_ptr<TableSink> sink_;
  std::vector<CellValue> cells_;
  std::array<uint8_t, 8> label_{};
};

}  // namespace

ParquetOutput::ParquetOutput(fs::path folder, const std::string& compression)
    : UnitFolder(std::move(folder)), compression_(parse_compression(compression)) {
  arrow_engine();  // what is missing is said before any work
}

std::string ParquetOutput::plan_heading() const {
  std::string heading = "parquet 1 " + compression_.codec;
  if (compression_.level) heading += fmt::format(":{}", *compression_.level);
  return heading;
}

std::string ParquetOutput::file_name(const std::string& split, uint32_t index,
                                     uint32_t count) const {
  if (split.empty() || !std::all_of(split.begin(), split.end(), is_word)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--to parquet: Hugging Face takes names of splits of letters, digits "
                            "and '_' alone, and one is called '{}'",
                            split));
  }
  return fmt::format("{}-{:05}-of-{:05}.parquet", split == "val" ? "validation" : split, index,
                     count);
}

void ParquetOutput::refuse(const Schema& schema) const {
  if (!schema.find(kNameColumn)) return;
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("--to parquet: the column '{0}' has the samples' names; --drop {0} leaves "
                  "the field out",
                  kNameColumn));
}

fs::path ParquetOutput::place_of(const PlannedShard& unit) const {
  return folder() / kDataFolder / unit.file;
}

std::unique_ptr<UnitWriter> ParquetOutput::create(const PlannedShard& unit,
                                                  const OutputRun& run) const {
  const fs::path path = place_of(unit);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw system_error("create folder", path.parent_path().string(), error.value());
  return std::make_unique<ParquetFile>(folder(), path, compression_, run);
}

}  // namespace stoker
