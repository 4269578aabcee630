// ZarrStackOutput of zarr_output.h.
#include "formats/zarr/zarr_output.h"

#include <fmt/format.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <optional>

#include "formats/hdf5/row_chunks.h"
#include "formats/npy/array_column.h"
#include "formats/npy/npy_source.h"
#include "formats/provenance_text.h"
#include "formats/staged_files.h"
#include "formats/zarr/zarr_encode.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kPendingBytes = uint64_t{16} << 20;

struct Column {
  explicit Column(const Field& field) : rows(field) {}

  DType dtype() const {
    return rows.type() == element_type_of(rows.field().dtype) ? rows.field().dtype : DType::kInt64;
  }

  ArrayRows rows;
  std::optional<RowChunker> chunker;
  std::vector<RowChunk> done;  // chunks that wait to be packed and written
  Bytes buffer;
};

std::string text_json(const std::vector<std::string>& texts) {
  return Json(texts).dump(-1, ' ', false, Json::error_handler_t::replace);
}

class ZarrStackUnit : public UnitWriter {
 public:
  ZarrStackUnit(const fs::path& output, const PlannedShard& unit, const OutputRun& run,
                const ZarrCompression& compression)
      : files_(output, unit.file),
        unit_(unit.file),
        split_(run.splits[unit.split]),
        run_(run),
        planned_rows_(unit.items.size()),
        compression_(compression) {
    for (const Field& field : run.manifest.schema.fields)
      columns_.emplace_back(field);
  }

  void append(const Sample& sample) override {
    for (size_t f = 0; f < columns_.size(); ++f) {
      Column& column = columns_[f];
      const ByteSpan row = column.rows.row_of(sample.values[f], sample.name, column.buffer);
      if (!column.chunker) {
        column.chunker.emplace(RowShape{column.dtype(), column.rows.row_shape()}, planned_rows_);
      }
      column.chunker->append(row, column.done);
    }
    if (sample.name.find('\n') != std::string::npos) {
      throw Error(ErrorCode::kUnsupported,
                  "a sample's name has a line's end in it: " + sample.name);
    }
    names_ += sample.name + "\n";
    ++count_;
    write_done(false);
  }

  uint64_t size_bytes() const override { return files_.size_bytes(); }

  std::vector<UnitFileEntry> finish() override {
    for (Column& column : columns_)
      if (column.chunker) column.chunker->finish(column.done);
    write_done(true);
    for (const Column& column : columns_)
      add(fmt::format("{}/{}/zarr.json", unit_, column.rows.field().name),
          zarr_array_json(describe(column), compression_));
    Json attributes{{"schema", schema_to_json(run_.manifest.schema)},
                    {"provenance", Json::parse(provenance_text(run_.manifest))},
                    {"split", split_}};
    if (!run_.manifest.class_names.empty()) {
      attributes["class_names"] = Json::parse(text_json(run_.manifest.class_names));
    }
    add(unit_ + "/zarr.json",
        zarr_group_json(attributes.dump(-1, ' ', false, Json::error_handler_t::replace)));
    add(split_ + kNamesEnding, names_);
    return files_.finish();
  }

 private:
  void add(const std::string& path, const std::string& text) { files_.add(path, as_bytes(text)); }

  ZarrWritten describe(const Column& column) const {
    ZarrWritten array;
    array.dtype = column.dtype();
    array.shape = column.rows.row_shape();
    const Field& field = column.rows.field();
    array.shape.resize(static_cast<size_t>(field.rank()), 1);  // of a field without samples
    array.shape.insert(array.shape.begin(), count_);
    array.chunk_shape =
        column.chunker ? column.chunker->chunk() : std::vector<uint64_t>(array.shape.size(), 1);
    array.dimension_names.emplace_back("sample");
    for (const char axis : field.axes)
      array.dimension_names.emplace_back(1, static_cast<char>(axis - 'A' + 'a'));
    if (field.name == "label" && !run_.manifest.class_names.empty()) {
      array.attributes = "{\"class_names\":" + text_json(run_.manifest.class_names) + "}";
    }
    return array;
  }

  // Packed on all threads, then written in the order in which they were closed.
  void write_done(bool all) {
    uint64_t waiting = 0;
    for (const Column& column : columns_)
      for (const RowChunk& chunk : column.done)
        waiting += chunk.bytes.size();
    if (waiting == 0 || (!all && waiting < kPendingBytes)) return;
    for (Column& column : columns_) {
      run_parallel(column.done.size(), [&](uint64_t i) {
        column.done[i].bytes =
            encode_zarr_chunk(column.dtype(), compression_, column.done[i].bytes);
      });
      for (const RowChunk& chunk : column.done) {
        if (chunk.bytes.empty()) continue;
        std::vector<uint64_t> place = chunk.start;
        for (size_t axis = 0; axis < place.size(); ++axis)
          place[axis] /= column.chunker->chunk()[axis];
        files_.add(
            fmt::format("{}/{}/{}", unit_, column.rows.field().name, written_chunk_key(place)),
            chunk.bytes);
      }
      column.done.clear();
    }
  }

  StagedFiles files_;
  std::string unit_;
  std::string split_;
  const OutputRun& run_;
  uint64_t planned_rows_;
  ZarrCompression compression_;
  std::deque<Column> columns_;
  std::string names_;
  uint64_t count_ = 0;
};

}  // namespace

std::string ZarrStackOutput::plan_heading() const {
  return fmt::format("zarr arrays 1 {}:{}", compression_.name, compression_.level);
}

std::string ZarrStackOutput::file_name(const std::string& split, uint32_t, uint32_t) const {
  return split + ".zarr";
}

void ZarrStackOutput::refuse(const Schema& schema) const {
  refuse_unequal_fields(schema, "zarr");
  for (const Field& field : schema.fields) {
    if (field.name != "zarr.json") continue;
    throw Error(ErrorCode::kInvalidArgument,
                "--to zarr cannot call an array 'zarr.json'; --drop zarr.json leaves it out");
  }
}

std::unique_ptr<UnitWriter> ZarrStackOutput::create(const PlannedShard& unit,
                                                    const OutputRun& run) const {
  return std::make_unique<ZarrStackUnit>(folder(), unit, run, compression_);
}

}  // namespace stoker
