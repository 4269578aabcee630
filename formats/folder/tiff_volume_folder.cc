#include "formats/folder/tiff_volume_folder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "formats/flat_file_names.h"
#include "formats/folder/challenge_layout.h"
#include "formats/inline_sidecar.h"
#include "formats/staged_files.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/sample/source_record.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

struct NamedCompression {
  const char* name;
  TiffCompression compression;
};
constexpr std::array kCompressions{NamedCompression{"lzw", TiffCompression::kLzw},
                                   NamedCompression{"deflate", TiffCompression::kDeflate},
                                   NamedCompression{"none", TiffCompression::kNone}};

bool is_volume(const Field& field) {
  return field.storage == Storage::kBlob && (field.axes == "ZYX" || field.axes == "CZYX");
}

std::string rows_file(const std::string& unit) {
  return fmt::format("{}/{}.rows", kRecordFolder, unit);
}

// Rows of one unit's part of the table, "SCROLL<tab>ID"; an unknown scroll is empty.
class TiffUnit : public UnitWriter {
 public:
  TiffUnit(const fs::path& output, const PlannedShard& unit, const OutputRun& run)
      : output_(output),
        unit_(unit.file),
        files_(output, unit.file),
        layout_(run.splits[unit.split]),
        schema_(run.manifest.schema),
        scroll_(schema_.find(kScrollField)),
        scroll_names_(scroll_names_of(schema_)) {
    for (size_t f = 0; f < schema_.fields.size(); ++f)
      if (schema_.fields[f].storage == Storage::kInline) inline_.push_back(f);
    if (is_plain_challenge_schema(schema_)) inline_.clear();
  }

  void append(const Sample& sample) override {
    const std::string id = flat_file_name(sample.name);
    for (size_t f = 0; f < schema_.fields.size(); ++f) {
      if (schema_.fields[f].storage != Storage::kBlob) continue;
      files_.add(layout_.volume_folder(schema_.fields[f].name) + "/" + id + ".tif",
                 sample.values[f].bytes);
    }
    if (!inline_.empty()) {
      files_.add(layout_.fields_folder() + "/" + id + ".json",
                 as_bytes(encode_sidecar(schema_, inline_, sample)));
    }
    rows_ += scroll_text(sample) + "\t" + id + "\n";
  }
  uint64_t size_bytes() const override { return files_.size_bytes(); }

  std::vector<UnitFileEntry> finish() override {
    std::vector<UnitFileEntry> entries = files_.finish();
    write_file_atomically(output_ / rows_file(unit_), rows_);
    entries.push_back({rows_file(unit_), rows_.size(), xxh3_128(as_bytes(rows_))});
    return entries;
  }

 private:
  std::string scroll_text(const Sample& sample) const {
    if (!scroll_) return {};
    const auto scroll = load_le<int64_t>(sample.values[*scroll_].bytes.data());
    if (scroll < 0) return {};
    const auto index = static_cast<size_t>(scroll);
    return index < scroll_names_.size() ? scroll_names_[index] : std::to_string(scroll);
  }

  fs::path output_;
  std::string unit_;
  StagedFiles files_;
  ChallengeLayout layout_;
  const Schema& schema_;
  std::optional<size_t> scroll_;
  std::vector<std::string> scroll_names_;
  std::vector<size_t> inline_;
  std::string rows_;
};

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

[[noreturn]] void refuse_field(const Field& field, const std::string& why) {
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("--to folder has no place for the field '{}': {}; --drop {} leaves it out",
                  field.name, why, field.name));
}

}  // namespace

TiffVolumeFolder::TiffVolumeFolder(const OutputRequest& request)
    : UnitFolder(request.folder),
      compression_(TiffCompression::kLzw),
      compression_name_(request.compression.empty() ? "lzw" : request.compression) {
  const auto found =
      std::find_if(kCompressions.begin(), kCompressions.end(),
                   [&](const NamedCompression& one) { return compression_name_ == one.name; });
  if (found == kCompressions.end()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--compression {}: volumes as TIFF have none, lzw and deflate",
                            request.compression));
  }
  compression_ = found->compression;
}

std::string TiffVolumeFolder::plan_heading() const {
  return "tiff volume folder 1 " + compression_name_;
}

std::string TiffVolumeFolder::file_name(const std::string& split, uint32_t index,
                                        uint32_t count) const {
  return fmt::format("{}-{:05}-of-{:05}", split, index, count);
}

void TiffVolumeFolder::refuse(const Schema& schema) const {
  std::set<std::string> folders{"fields"};
  schema.require(kImageField);
  for (const Field& field : schema.fields) {
    if (field.storage == Storage::kInline) continue;
    if (!is_volume(field)) refuse_field(field, "a folder of volumes holds volumes alone");
    if (field.axes != "ZYX") refuse_field(field, "a TIFF volume has no channels");
    if (field.dtype != DType::kUInt8 && field.dtype != DType::kUInt16) {
      refuse_field(field, fmt::format("TIFF volumes are uint8 or uint16, this is {} (--to nifti "
                                      "takes it)",
                                      dtype_name(field.dtype)));
    }
    if (field.name.find('/') != std::string::npos || !folders.insert(field.name).second) {
      refuse_field(field, "its name cannot be that of a folder of its own");
    }
  }
}

void TiffVolumeFolder::encode(const Schema& schema, Sample& sample) const {
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    if (schema.fields[f].storage != Storage::kBlob) continue;
    FieldValue& value = sample.values[f];
    Bytes& file = sample.next_buffer();
    file = encode_tiff(volume_size(value), schema.fields[f].dtype, value.bytes, compression_);
    value.bytes = file;
    value.hash = 0;
    value.decoded = {};
  }
}

std::unique_ptr<UnitWriter> TiffVolumeFolder::create(const PlannedShard& unit,
                                                     const OutputRun& run) const {
  return std::make_unique<TiffUnit>(folder(), unit, run);
}

void TiffVolumeFolder::write_side_files(const Manifest& manifest) const {
  for (const SplitEntry& split : manifest.splits) {
    std::vector<std::pair<std::string, std::string>> rows;  // scroll, id
    size_t unknown = 0;
    for (const ShardSummary& unit : split.shards) {
      const std::string text = read_text_file(folder() / rows_file(unit.file));
      for (size_t begin = 0; begin < text.size();) {
        const size_t end = text.find('\n', begin);
        const size_t tab = text.find('\t', begin);
        rows.emplace_back(text.substr(begin, tab - begin), text.substr(tab + 1, end - tab - 1));
        unknown += rows.back().first.empty() ? 1 : 0;
        begin = end + 1;
      }
    }
    if (unknown > 0 && unknown < rows.size()) {
      spdlog::warn("{}.csv has no scroll_id: of {} of {} volumes it is not known", split.name,
                   unknown, rows.size());
    }
    std::string table = unknown > 0 ? "id\n" : "id,scroll_id\n";
    for (const auto& [scroll, id] : rows)
      table += csv_cell(id) + (unknown > 0 ? "" : "," + csv_cell(scroll)) + "\n";
    write_file_atomically(folder() / (split.name + ".csv"), table);
  }
}

std::vector<std::string> TiffVolumeFolder::side_files() const {
  std::vector<std::string> tables;
  for (const fs::path& path : list_files(folder()))
    if (path.extension() == ".csv") tables.push_back(path.filename().string());
  return tables;
}

}  // namespace stoker
