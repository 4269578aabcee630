#include "formats/unit_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"
#include "libdata/sample/source_record.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kEnding = ".unit";
constexpr size_t kReadAtOnce = size_t{1} << 20;

Json hash_json(const Hash128& hash) {
  return Json::array({hash.low, hash.high});
}

Hash128 read_hash(const Json& json) {
  return {read_uint64(json.at(0)), read_uint64(json.at(1))};
}

Json to_json(const UnitRecord& record) {
  Json files = Json::array();
  for (const UnitFileEntry& file : record.files) {
    files.push_back(
        {{"path", file.path}, {"size", file.size_bytes}, {"hash", hash_json(file.hash)}});
  }
  Json labels = Json::array();
  for (const auto& [label, count] : record.labels)
    labels.push_back({label, count});
  return {{"unit", record.summary.file},
          {"fingerprint", record.fingerprint},
          {"samples", record.summary.sample_count},
          {"files", files},
          {"labels", labels},
          {"skipped", notes_to_json(record.notes.skipped)},
          {"normalized", notes_to_json(record.notes.normalized)}};
}

UnitRecord from_json(const Json& json) {
  UnitRecord record;
  record.fingerprint = read_uint64(json.at("fingerprint"));
  for (const Json& file : json.at("files")) {
    record.files.push_back({file.at("path").get<std::string>(), read_uint64(file.at("size")),
                            read_hash(file.at("hash"))});
  }
  for (const Json& label : json.at("labels"))
    record.labels[read_int64(label.at(0))] = read_uint64(label.at(1));
  record.notes.skipped = notes_from_json(json.at("skipped"));
  record.notes.normalized = notes_from_json(json.at("normalized"));
  record.summary = sum_up_files(json.at("unit").get<std::string>(), read_uint64(json.at("samples")),
                                record.files);
  return record;
}

std::optional<UnitRecord> parse_record(const std::string& text) {
  const size_t end = text.rfind('\n', text.size() < 2 ? 0 : text.size() - 2);
  if (end == std::string::npos || text.empty() || text.back() != '\n') return std::nullopt;
  const std::string body = text.substr(0, end + 1);
  if (text.substr(end + 1) != to_hex(xxh3_64(as_bytes(body))) + "\n") return std::nullopt;
  UnitRecord record;
  read_json(body, "unit record", [&](const Json& json) { record = from_json(json); });
  return record;
}

std::optional<UnitRecord> read_record_file(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  try {
    return parse_record(read_text_file(path));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt) throw;
    return std::nullopt;
  }
}

}  // namespace

fs::path unit_record_path(const fs::path& output, const std::string& unit) {
  return output / kRecordFolder / (unit + kEnding);
}

void write_unit_record(const fs::path& output, const UnitRecord& record) {
  const fs::path path = unit_record_path(output, record.summary.file);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw system_error("create folder", path.parent_path().string(), error.value());
  const std::string body = to_json(record).dump(1) + "\n";
  write_file_atomically(path, body + to_hex(xxh3_64(as_bytes(body))) + "\n");
}

std::optional<UnitRecord> read_unit_record(const fs::path& output, const std::string& unit) {
  auto record = read_record_file(unit_record_path(output, unit));
  if (record && record->summary.file != unit) return std::nullopt;
  return record;
}

std::vector<UnitRecord> list_unit_records(const fs::path& output) {
  std::vector<UnitRecord> records;
  const fs::path folder = output / kRecordFolder;
  if (!fs::is_directory(folder)) return records;
  for (const fs::path& path : list_files(folder)) {
    if (path.extension() != kEnding) continue;
    if (auto record = read_record_file(path)) records.push_back(std::move(*record));
  }
  return records;
}

UnitFileEntry describe_unit_file(const fs::path& output, const fs::path& path) {
  const RangeFile file(path);
  StreamHash128 hash;
  Bytes buffer(static_cast<size_t>(std::min<uint64_t>(kReadAtOnce, file.size())));
  for (uint64_t at = 0; at < file.size(); at += buffer.size()) {
    const auto piece = std::span(buffer).first(
        static_cast<size_t>(std::min<uint64_t>(buffer.size(), file.size() - at)));
    file.read(at, piece);
    hash.update(piece);
  }
  return {path.lexically_relative(output).generic_string(), file.size(), hash.digest()};
}

ShardSummary sum_up_files(const std::string& unit, uint64_t samples,
                          const std::vector<UnitFileEntry>& files) {
  ShardSummary summary{unit, 0, samples, {}};
  std::string text;
  for (const UnitFileEntry& file : files) {
    summary.size_bytes += file.size_bytes;
    text += fmt::format("{}\t{}\t{}\n", file.path, file.size_bytes, to_hex(file.hash));
  }
  summary.hash = files.size() == 1 ? files.front().hash : xxh3_128(as_bytes(text));
  return summary;
}

}  // namespace stoker
