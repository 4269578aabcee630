#include "formats/unit_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/sample/source_record.h"
#include "libdata/shard/manifest.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Position of the class index, where samples have one.
std::optional<size_t> find_label(const Schema& schema) {
  const auto field = schema.find("label");
  if (!field || schema.fields[*field].storage != Storage::kInline ||
      schema.fields[*field].dtype != DType::kInt32) {
    return std::nullopt;
  }
  return field;
}

class RecordedWriter : public SampleWriter {
 public:
  RecordedWriter(const fs::path& output, const PlannedShard& unit, const OutputRun& run,
                 std::unique_ptr<UnitWriter> file)
      : output_(output), file_(std::move(file)), label_(find_label(run.manifest.schema)) {
    record_.fingerprint = run.plan.fingerprint;
    record_.summary.file = unit.file;
  }

  void append(const Sample& sample) override {
    file_->append(sample);
    ++record_.summary.sample_count;
    if (!label_) return;
    ++record_.labels[load_le<int32_t>(sample.values[*label_].bytes.data())];
  }
  uint64_t sample_count() const override { return record_.summary.sample_count; }
  uint64_t size_bytes() const override { return file_->size_bytes(); }

  ShardSummary finish(const UnitNotes& notes) override {
    record_.files = file_->finish();
    record_.notes = notes;
    record_.summary =
        sum_up_files(record_.summary.file, record_.summary.sample_count, record_.files);
    write_unit_record(output_, record_);
    return record_.summary;
  }

 private:
  fs::path output_;
  std::unique_ptr<UnitWriter> file_;
  std::optional<size_t> label_;
  UnitRecord record_;
};

// Removes what records say is ours; a unit's files go before its record, so that nothing is left
// that no record knows of.
void remove_units(const fs::path& folder) {
  for (const UnitRecord& record : list_unit_records(folder)) {
    for (const UnitFileEntry& file : record.files)
      fs::remove(folder / file.path);
    fs::remove(unit_record_path(folder, record.summary.file));
  }
}

// Its presence says that what lies in the folder is ours, also before the first unit is whole.
constexpr const char* kOutputMark = "output";

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw system_error("create folder", folder.string(), error.value());
}

[[noreturn]] void refuse_folder(const fs::path& path, const char* why) {
  throw Error(ErrorCode::kInvalidArgument, why, path.string());
}

// Finished units, or a whole data set, of other sources or options.
void refuse_other_plans(const fs::path& folder, const PackPlan& plan) {
  constexpr const char* kWhy =
      "belongs to a data set of other sources or options in the output folder (--force starts "
      "over)";
  for (const UnitRecord& record : list_unit_records(folder)) {
    if (record.fingerprint != plan.fingerprint) {
      refuse_folder(unit_record_path(folder, record.summary.file), kWhy);
    }
  }
  const fs::path manifest = folder / kForeignManifestName;
  if (!fs::exists(manifest)) return;
  try {
    if (read_manifest(manifest).fingerprint != plan.fingerprint) refuse_folder(manifest, kWhy);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupt && error.code() != ErrorCode::kUnsupported) throw;
  }
}

// What is not ours stays untouched: a folder that holds other things is no output folder.
void refuse_foreign_files(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.front() == '.') continue;
    refuse_folder(entry.path(),
                  "the output folder already holds files, which were not written by this "
                  "conversion; choose an empty or a new one");
  }
}

// Of all units, where each is finished; nothing while some are not.
std::optional<std::vector<UnitRecord>> all_records(const fs::path& folder, const PackPlan& plan) {
  std::vector<UnitRecord> records;
  for (const PlannedShard& unit : plan.shards) {
    auto record = read_unit_record(folder, unit.file);
    if (!record || record->fingerprint != plan.fingerprint) return std::nullopt;
    records.push_back(std::move(*record));
  }
  return records;
}

Manifest manifest_of(const OutputRun& run, const std::vector<UnitRecord>& records) {
  Manifest manifest = run.manifest;
  manifest.fingerprint = run.plan.fingerprint;
  for (size_t i = 0; i < records.size(); ++i) {
    const std::string& split = run.splits[run.plan.shards[i].split];
    if (manifest.splits.empty() || manifest.splits.back().name != split) {
      manifest.splits.push_back({split, {}});
    }
    manifest.splits.back().shards.push_back(records[i].summary);
    const UnitNotes& notes = records[i].notes;
    manifest.skipped.insert(manifest.skipped.end(), notes.skipped.begin(), notes.skipped.end());
    manifest.normalized.insert(manifest.normalized.end(), notes.normalized.begin(),
                               notes.normalized.end());
  }
  return manifest;
}

// Where a format has one place for samples that splits or folders keep apart, the second file
// replaces the first.
void refuse_shared_files(const fs::path& folder, const std::vector<UnitRecord>& records) {
  std::unordered_set<std::string_view> seen;
  for (const UnitRecord& record : records) {
    for (const UnitFileEntry& file : record.files) {
      if (seen.insert(file.path).second) continue;
      throw Error(ErrorCode::kInvalidArgument,
                  "two samples have this one place in the format, and one took that of the other; "
                  "convert them into folders of their own (--split, --filter)",
                  (folder / file.path).string());
    }
  }
}

}  // namespace

void UnitFolder::prepare(const OutputRun& run) {
  const fs::path mark = folder_ / kRecordFolder / kOutputMark;
  if (!fs::exists(mark)) refuse_foreign_files(folder_);  // before --force removes a name of ours
  const auto put_mark = [&] {
    make_folder(mark.parent_path());
    write_file_atomically(mark, plan_heading() + "\n");
  };
  for (const PlannedShard& unit : run.plan.shards) {  // half-written files of a killed run
    const fs::path left = place_of(unit).string() + kTemporaryEnding;
    if (fs::is_regular_file(left)) remove_left_temporary(left);
  }
  if (run.force) {
    fs::remove(folder_ / kForeignManifestName);
    if (run.part) return put_mark();  // others may be at work; this one's own units are replaced
    remove_units(folder_);
    for (const std::string& file : side_files())
      fs::remove(folder_ / file);
    remove_records(folder_);
  } else {
    refuse_other_plans(folder_, run.plan);
  }
  if (!run.resume && !run.part && !run.force && holds_anything()) {
    refuse_folder(folder_,
                  "the output folder already holds a conversion; --resume continues an interrupted "
                  "one, --force starts over");
  }
  put_mark();
}

bool UnitFolder::holds_anything() const {
  return !list_unit_records(folder_).empty() || fs::exists(folder_ / kForeignManifestName);
}

bool UnitFolder::has(const PlannedShard& unit) const {
  return fs::exists(unit_record_path(folder_, unit.file));
}

void UnitFolder::unpublish(const OutputRun&) {
  fs::remove(folder_ / kForeignManifestName);
}

std::unique_ptr<SampleWriter> UnitFolder::make_writer(const PlannedShard& unit,
                                                      const OutputRun& run) {
  // The old record first: it must not vouch for files that are being replaced.
  fs::remove(unit_record_path(folder_, unit.file));
  return std::make_unique<RecordedWriter>(folder_, unit, run, create(unit, run));
}

FoundUnit UnitFolder::find(const PlannedShard& unit, const OutputRun&) const {
  FoundUnit found;
  auto record = read_unit_record(folder_, unit.file);
  if (!record) {
    found.fault = fmt::format("{}: its record is damaged", unit.file);
    return found;
  }
  found.fingerprint = record->fingerprint;
  for (const UnitFileEntry& file : record->files) {
    try {
      const UnitFileEntry now = describe_unit_file(folder_, folder_ / file.path);
      if (now.size_bytes == file.size_bytes && now.hash == file.hash) continue;
      found.fault = fmt::format("{}: is not as it was written", file.path);
    } catch (const Error& error) {
      found.fault = error.what();
    }
    return found;
  }
  found.summary = record->summary;
  found.notes = std::move(record->notes);
  found.labels = std::move(record->labels);
  return found;
}

void UnitFolder::complete(const Manifest& manifest, const OutputRun& run) {
  const auto records = all_records(folder_, run.plan);
  if (records) refuse_shared_files(folder_, *records);
  if (!run.part) {
    write_side_files(manifest);
    write_manifest(folder_ / kForeignManifestName, manifest);
    return;
  }
  if (!records) return;
  const Manifest whole = manifest_of(run, *records);
  write_side_files(whole);
  write_manifest(folder_ / kForeignManifestName, whole);
}

}  // namespace stoker
