#include "formats/hdf5/hdf5_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "formats/hdf5/own_file.h"
#include "formats/plain_fields.h"
#include "formats/provenance_text.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// More do not fit into an attribute (64 KiB of references): they get a data set.
constexpr size_t kMostNamesInAttribute = 3000;

bool is_label(const Field& field) {
  return field.name == "label" && field.storage == Storage::kInline;
}

class Hdf5UnitWriter : public UnitWriter {
 public:
  Hdf5UnitWriter(const fs::path& folder, const PlannedShard& unit, const OutputRun& run,
                 const Hdf5Compression& compression)
      : folder_(folder),
        path_(folder / unit.file),
        schema_(run.manifest.schema),
        class_names_(run.manifest.class_names),
        sink_(path_, unit.items.size(), compression) {
    sink_.set_text("", kHdf5SchemaAttribute, schema_to_json(schema_).dump());
    sink_.set_text("", kHdf5ProvenanceAttribute, provenance_text(run.manifest));
    sink_.set_text("", kHdf5SplitAttribute, run.splits[unit.split]);
  }

  void append(const Sample& sample) override {
    if (columns_.empty()) add_datasets(sample);
    for (size_t f = 0; f < columns_.size(); ++f) {
      check_like_first(f, sample);
      sink_.append(columns_[f].dataset, sample.values[f].bytes);
    }
    sink_.append(names_, as_bytes(sample.name));
  }

  uint64_t size_bytes() const override { return sink_.size_bytes(); }

  std::vector<UnitFileEntry> finish() override {
    sink_.finish();
    return {describe_unit_file(folder_, path_)};
  }

 private:
  struct Column {
    size_t dataset = 0;
    bool any_length = false;
    bool file = false;  // whole image files
    Extents shape{};
  };

  static bool is_file(const FieldValue& value) { return value.codec != Codec::kRaw; }

  void add_datasets(const Sample& sample) {
    for (size_t f = 0; f < schema_.fields.size(); ++f)
      columns_.push_back(add_dataset(schema_.fields[f], sample.values[f]));
    names_ = sink_.add_any_length(kHdf5NamesDataset, Hdf5AnyLength::kText);
    if (class_names_.empty()) return;
    const bool labelled = std::any_of(schema_.fields.begin(), schema_.fields.end(), is_label);
    if (class_names_.size() > kMostNamesInAttribute) {
      sink_.add_texts(kHdf5ClassNamesAttribute, class_names_);
    } else {
      sink_.set_texts(labelled ? "label" : "", kHdf5ClassNamesAttribute, class_names_);
    }
  }

  Column add_dataset(const Field& field, const FieldValue& value) {
    Column column;
    column.file = field.storage == Storage::kBlob && is_file(value);
    column.any_length = column.file || (field.storage == Storage::kBlob && field.axes == "B");
    if (column.any_length) {
      const bool text = field.unit == "utf-8" && !column.file;
      column.dataset =
          sink_.add_any_length(field.name, text ? Hdf5AnyLength::kText : Hdf5AnyLength::kBytes);
      return column;
    }
    column.shape = value.shape;
    column.dataset = sink_.add_rows(field.name, {field.dtype, array_shape(field, value)});
    return column;
  }

  void check_like_first(size_t f, const Sample& sample) const {
    const Field& field = schema_.fields[f];
    const FieldValue& value = sample.values[f];
    const Column& column = columns_[f];
    if (field.storage == Storage::kInline) return;
    if (is_file(value) != column.file) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: '{}' is {}, that of the samples before is {}: --encode raw, jpeg "
                      "or original makes all alike",
                      sample.name, field.name, form_of(is_file(value)), form_of(column.file)),
          path_.string());
    }
    if (column.any_length || value.shape == column.shape) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: '{}' is {}, those of the samples before are {}: one data set of "
                            "HDF5 has values of one shape. {}",
                            sample.name, field.name, shape_of(field, value.shape),
                            shape_of(field, column.shape), way_out(field)),
                path_.string());
  }

  static const char* form_of(bool file) { return file ? "an image file" : "an array"; }

  static std::string shape_of(const Field& field, const Extents& shape) {
    return fmt::format("{}", fmt::join(shape.begin(), shape.begin() + field.rank(), "x"));
  }

  static std::string way_out(const Field& field) {
    if (field.axes == "HWC" && field.dtype == DType::kUInt8) {
      return "Image files may differ: --encode jpeg stores them, or --encode original where the "
             "source has files";
    }
    return fmt::format("--drop {} leaves the field out", field.name);
  }

  fs::path folder_;
  fs::path path_;
  Schema schema_;
  std::vector<std::string> class_names_;
  Hdf5Sink sink_;
  std::vector<Column> columns_;
  size_t names_ = 0;
};

}  // namespace

Hdf5Compression parse_hdf5_compression(const std::string& text) {
  if (text.empty() || text == "gzip") return {};
  if (text == "none") return {0};
  constexpr std::string_view kGzip = "gzip:";
  const std::string level = text.starts_with(kGzip) ? text.substr(kGzip.size()) : "";
  if (level.size() == 1 && level[0] >= '1' && level[0] <= '9') return {level[0] - '0'};
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--compression {}: --to hdf5 has none, gzip and gzip:1 to gzip:9", text));
}

std::string Hdf5Output::plan_heading() const {
  return fmt::format("hdf5 1 gzip:{}", compression_.deflate_level);
}

std::string Hdf5Output::file_name(const std::string& split, uint32_t, uint32_t) const {
  return split + ".h5";
}

void Hdf5Output::refuse(const Schema& schema) const {
  for (const Field& field : schema.fields) {
    const bool taken = field.name == kHdf5NamesDataset || field.name == kHdf5ClassNamesAttribute;
    const bool path = field.name.find('/') != std::string::npos || field.name == "." ||
                      field.name.find('\0') != std::string::npos;
    if (!taken && !path) continue;
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("--to hdf5 cannot call a data set '{}'{}; --drop {} leaves the field out",
                    field.name, taken ? ", which has the samples' or classes' names" : "",
                    field.name));
  }
}

std::unique_ptr<UnitWriter> Hdf5Output::create(const PlannedShard& unit,
                                               const OutputRun& run) const {
  return std::make_unique<Hdf5UnitWriter>(folder(), unit, run, compression_);
}

}  // namespace stoker
