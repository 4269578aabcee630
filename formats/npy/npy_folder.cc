#include "formats/npy/npy_folder.h"

#include <deque>
#include <nlohmann/json.hpp>
#include <sstream>

#include "formats/npy/array_column.h"
#include "formats/npy/npy_header.h"
#include "formats/npy/npy_source.h"
#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kNamesAtOnce = size_t{1} << 20;

// The array of one field.
class NpyColumn {
 public:
  NpyColumn(const fs::path& path, const Field& field)
      : path_(path), rows_(field), file_(path), header_bytes_(0), bytes_(&file_, 0) {}

  void append(const FieldValue& value, const std::string& sample) {
    const ByteSpan row = rows_.row_of(value, sample, buffer_);
    if (header_bytes_ == 0) {  // its size is known with the first row's shape
      header_bytes_ = npy_header(rows_.type(), 0, rows_.row_shape()).size();
      bytes_ = PlacedBytes(&file_, header_bytes_);
    }
    bytes_.append(row);
    ++count_;
  }
  uint64_t size_bytes() const { return bytes_.end(); }

  UnitFileEntry finish(const fs::path& output) {
    bytes_.flush();
    file_.write_at(0, as_bytes(npy_header(rows_.type(), count_, rows_.row_shape())));
    file_.finish();
    return describe_unit_file(output, path_);
  }

 private:
  fs::path path_;
  ArrayRows rows_;
  AtomicFile file_;
  size_t header_bytes_;
  PlacedBytes bytes_;
  Bytes buffer_;
  uint64_t count_ = 0;
};

// Of a killed run.
void remove_left_arrays(const fs::path& folder, const std::string& split) {
  if (!fs::is_directory(folder)) return;
  for (const fs::path& path : list_files(folder)) {
    const std::string name = path.filename().string();
    const bool ours =
        name.starts_with(split + "_") && name.ends_with(std::string(".npy") + kTemporaryEnding);
    if (ours) remove_left_temporary(path);
  }
}

class NpyUnit : public UnitWriter {
 public:
  NpyUnit(const fs::path& output, const std::string& split, const Schema& schema)
      : output_(output), names_path_(output / (split + kNamesEnding)), names_(names_path_) {
    for (const Field& field : schema.fields)
      columns_.emplace_back(output / (split + "_" + field.name + ".npy"), field);
  }

  void append(const Sample& sample) override {
    for (size_t f = 0; f < columns_.size(); ++f)
      columns_[f].append(sample.values[f], sample.name);
    names_.append(sample.name);
  }
  uint64_t size_bytes() const override {
    uint64_t size = 0;
    for (const NpyColumn& column : columns_)
      size += column.size_bytes();
    return size;
  }

  std::vector<UnitFileEntry> finish() override {
    std::vector<UnitFileEntry> files;
    for (NpyColumn& column : columns_)
      files.push_back(column.finish(output_));
    names_.finish();
    files.push_back(describe_unit_file(output_, names_path_));
    return files;
  }

 private:
  fs::path output_;
  fs::path names_path_;
  SampleNames names_;
  std::deque<NpyColumn> columns_;
};

}  // namespace

void SampleNames::append(const std::string& name) {
  if (name.find('\n') != std::string::npos) {
    throw Error(ErrorCode::kUnsupported, "a sample's name has a line's end in it: " + name);
  }
  text_ += name;
  text_ += '\n';
  if (text_.size() < kNamesAtOnce) return;
  file_.write(as_bytes(text_));
  text_.clear();
}

void SampleNames::finish() {
  file_.write(as_bytes(text_));
  file_.finish();
}

std::vector<std::string> read_name_lines(const fs::path& path) {
  std::vector<std::string> names;
  if (!fs::exists(path)) return names;
  std::istringstream text(read_text_file(path));
  for (std::string line; std::getline(text, line);)
    names.push_back(line);
  return names;
}

void write_class_list(const fs::path& folder, const std::vector<std::string>& class_names) {
  if (class_names.empty()) return;
  using Json = nlohmann::ordered_json;
  // Names need not be UTF-8; JSON must be.
  const std::string text = Json(class_names).dump(1, ' ', false, Json::error_handler_t::replace);
  write_file_atomically(folder / kClassListName, text + "\n");
}

std::string NpyFolder::file_name(const std::string& split, uint32_t, uint32_t) const {
  return split;
}

void NpyFolder::refuse(const Schema& schema) const {
  refuse_unequal_fields(schema, "npy");
}

std::unique_ptr<UnitWriter> NpyFolder::create(const PlannedShard& unit,
                                              const OutputRun& run) const {
  const std::string& split = run.splits[unit.split];
  remove_left_arrays(folder(), split);
  return std::make_unique<NpyUnit>(folder(), split, run.manifest.schema);
}

void NpyFolder::write_side_files(const Manifest& manifest) const {
  write_class_list(folder(), manifest.class_names);
}

std::vector<std::string> NpyFolder::side_files() const {
  return {kClassListName};
}

}  // namespace stoker
