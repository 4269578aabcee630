#include "libdata/shard/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <tuple>

#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/core/progress.h"
#include "libdata/shard/shard_verification.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kNamedClasses = 5;  // how many empty classes a warning names

Fault make_fault(FaultKind kind, const std::string& file, const std::string& message) {
  Fault fault;
  fault.kind = kind;
  fault.file = file;
  fault.message = message;
  return fault;
}

class DatasetCheck {
 public:
  DatasetCheck(const fs::path& folder, const VerifyOptions& options)
      : folder_(folder), options_(options) {}

  VerifyReport run();

 private:
  void read_folder();
  void check_manifest();
  void check_listing(const SplitEntry& split, std::set<std::string>* listed);
  void check_strangers(const std::set<std::string>& listed);
  void check_shards();
  void check_notes();
  void check_names(const std::string& split);
  void report_equal_names(size_t a, uint64_t sample_a, size_t b, uint64_t sample_b);
  void check_not_empty();
  void check_classes(const std::string& split);

  void fault(FaultKind kind, const std::string& file, const std::string& message) {
    report_.faults.push_back(make_fault(kind, file, message));
  }
  void warn(FaultKind kind, const std::string& file, const std::string& message) {
    report_.warnings.push_back(make_fault(kind, file, message));
  }

  fs::path folder_;
  const VerifyOptions& options_;
  std::vector<fs::path> files_;  // in the folder
  std::vector<ShardTask> tasks_;
  std::vector<ShardFindings> findings_;  // one a task
  VerifyReport report_;
};

void DatasetCheck::read_folder() {
  if (folder_.filename() == kManifestName && fs::is_regular_file(folder_)) {
    folder_ = folder_.parent_path();
  }
  files_ = list_files(folder_);
}

void DatasetCheck::check_manifest() {
  const auto start = std::chrono::steady_clock::now();
  CheckedFile checked;
  checked.file = kManifestName;
  try {
    report_.manifest = read_manifest(folder_ / kManifestName);
  } catch (const Error& error) {
    const bool missing = error.code() == ErrorCode::kNotFound;
    Fault fault =
        make_fault(error.code() == ErrorCode::kIo ? FaultKind::kUnreadable : FaultKind::kManifest,
                   kManifestName, error.message());
    fault.offset_bytes = error.offset_bytes();
    if (missing) {
      fault.message =
          "is not there: no packed data set, or packing did not finish (run it again with "
          "--resume; parts need --merge)";
    }
    report_.faults.push_back(std::move(fault));
  }
  std::error_code error;
  const uint64_t size = fs::file_size(folder_ / kManifestName, error);
  checked.size_bytes = error ? 0 : size;
  checked.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report_.files.push_back(std::move(checked));
}

// Names and numbers of the shards, as the manifest lists them, and the tasks to check them.
void DatasetCheck::check_listing(const SplitEntry& split, std::set<std::string>* listed) {
  uint64_t first_sample = 0;
  for (size_t k = 0; k < split.shards.size(); ++k) {
    const ShardSummary& shard = split.shards[k];
    const std::string expected = shard_file_name(split.name, static_cast<uint32_t>(k),
                                                 static_cast<uint32_t>(split.shards.size()));
    if (!listed->insert(shard.file).second) {
      fault(FaultKind::kManifest, kManifestName, fmt::format("lists '{}' twice", shard.file));
      continue;
    }
    if (shard.file != expected) {
      fault(FaultKind::kManifest, kManifestName,
            fmt::format("split '{}': expected '{}' as shard {}, found '{}'", split.name, expected,
                        k, shard.file));
    }
    tasks_.push_back(
        {folder_ / shard.file, split.name, &shard, k, split.shards.size(), first_sample});
    first_sample += shard.sample_count;
  }
}

// Files that the manifest does not list.
void DatasetCheck::check_strangers(const std::set<std::string>& listed) {
  for (const fs::path& path : files_) {
    const std::string name = path.filename().string();
    if (path.extension() == ".tmp") {
      warn(FaultKind::kUnlisted, name, "left over from an interrupted run; it can be removed");
    }
    if (name.starts_with("part-") && path.extension() == ".json") {
      warn(FaultKind::kUnlisted, name, "a part that was not merged; --merge joins parts");
    }
    if (path.extension() != ".stk" || listed.count(name) != 0) continue;
    if (!report_.manifest) {  // nothing lists anything: each shard is checked on its own
      tasks_.push_back({path, "", nullptr, 0, 0, 0});
      continue;
    }
    try {
      const RangeFile file(path);
      const uint64_t fingerprint =
          decode_header(file.read(0, std::min(kHeaderBytes, file.size()))).fingerprint;
      if (fingerprint == report_.manifest->fingerprint) {
        fault(FaultKind::kUnlisted, name, "is a shard of this data set, but not listed");
        continue;
      }
    } catch (const Error&) {  // no shard at all: a stranger as well
    }
    warn(FaultKind::kUnlisted, name, "is not listed and belongs to another data set");
  }
}

void DatasetCheck::check_shards() {
  findings_.resize(tasks_.size());
  Progress progress("verify", "shards", tasks_.size(), options_.quiet);
  const Manifest* manifest = report_.manifest ? &*report_.manifest : nullptr;
  run_parallel(tasks_.size(), [&](uint64_t i) {
    findings_[i] = verify_shard(tasks_[i], manifest, options_);
    progress.add(1, findings_[i].file.size_bytes);
  });
  for (const ShardFindings& found : findings_) {
    report_.files.push_back(found.file);
    report_.faults.insert(report_.faults.end(), found.faults.begin(), found.faults.end());
  }
}

void append(std::vector<SampleNote>* to, const std::vector<SampleNote>& from) {
  to->insert(to->end(), from.begin(), from.end());
}

bool same_notes(const std::vector<SampleNote>& a, const std::vector<SampleNote>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const SampleNote& x, const SampleNote& y) {
                      return std::tie(x.name, x.reason, x.file, x.offset_bytes) ==
                             std::tie(y.name, y.reason, y.file, y.offset_bytes);
                    });
}

// The manifest's notes are those of its shards, in order.
void DatasetCheck::check_notes() {
  std::vector<SampleNote> skipped;
  std::vector<SampleNote> normalized;
  for (const ShardFindings& found : findings_) {
    if (!found.opened) return;
    append(&skipped, found.meta.skipped);
    append(&normalized, found.meta.normalized);
  }
  const auto compare = [&](const char* what, const auto& listed, const auto& in_shards) {
    if (same_notes(listed, in_shards)) return;
    fault(FaultKind::kNotes, kManifestName,
          fmt::format("lists {} {} samples that are not the {} of its shards", listed.size(), what,
                      in_shards.size()));
  };
  compare("skipped", report_.manifest->skipped, skipped);
  compare("normalized", report_.manifest->normalized, normalized);
}

// A name occurs once in its split. Found by hashes, then compared, so that memory stays small.
void DatasetCheck::check_names(const std::string& split) {
  struct Key {
    uint64_t hash;
    size_t task;
    uint64_t sample;
  };
  std::vector<Key> keys;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    if (tasks_[t].split != split) continue;
    const std::vector<uint64_t>& hashes = findings_[t].name_hashes;
    for (uint64_t i = 0; i < hashes.size(); ++i)
      keys.push_back({hashes[i], t, i});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return std::tie(a.hash, a.task, a.sample) < std::tie(b.hash, b.task, b.sample);
  });
  for (size_t i = 1; i < keys.size(); ++i) {
    if (keys[i].hash != keys[i - 1].hash) continue;
    report_equal_names(keys[i - 1].task, keys[i - 1].sample, keys[i].task, keys[i].sample);
  }
}

void DatasetCheck::report_equal_names(size_t a, uint64_t sample_a, size_t b, uint64_t sample_b) {
  const std::string first(ShardReader(tasks_[a].path).name(sample_a));
  const std::string second(ShardReader(tasks_[b].path).name(sample_b));
  if (first != second) return;  // equal hashes by chance
  Fault fault = make_fault(
      FaultKind::kNames, tasks_[b].path.filename().string(),
      fmt::format("has the name of sample {} of {}", sample_a, tasks_[a].path.filename().string()));
  fault.split = tasks_[b].split;
  fault.sample = sample_b;
  if (tasks_[b].expected != nullptr) fault.sample_id = tasks_[b].first_sample_id + sample_b;
  fault.sample_name = second;
  report_.faults.push_back(std::move(fault));
}

// What holds nothing is not whole, however sound its files are.
void DatasetCheck::check_not_empty() {
  uint64_t samples = 0;
  for (const SplitEntry& split : report_.manifest->splits) {
    samples += split.sample_count();
    if (split.sample_count() == 0) {
      warn(FaultKind::kManifest, kManifestName, fmt::format("split '{}' is empty", split.name));
    }
  }
  if (samples == 0) fault(FaultKind::kManifest, kManifestName, "lists no sample at all");
}

void DatasetCheck::check_classes(const std::string& split) {
  const std::vector<std::string>& classes = report_.manifest->class_names;
  std::map<int64_t, uint64_t> labels;
  for (size_t t = 0; t < tasks_.size(); ++t) {
    if (tasks_[t].split != split) continue;
    for (const auto& [label, count] : findings_[t].labels)
      labels[label] += count;
  }
  if (labels.empty()) return;
  if (const auto none = labels.find(-1); none != labels.end()) {
    warn(FaultKind::kLabel, kManifestName,
         fmt::format("split '{}': {} samples have no label", split, none->second));
  }
  std::vector<std::string> empty;
  for (size_t c = 0; c < classes.size(); ++c) {
    if (labels.count(static_cast<int64_t>(c)) == 0) empty.push_back(classes[c]);
  }
  if (empty.empty()) return;
  const size_t count = empty.size();
  empty.resize(std::min(count, kNamedClasses));
  warn(FaultKind::kLabel, kManifestName,
       fmt::format("split '{}': {} of {} classes have no sample: {}{}", split, count,
                   classes.size(), fmt::join(empty, ", "), count > kNamedClasses ? " ..." : ""));
}

VerifyReport DatasetCheck::run() {
  const auto start = std::chrono::steady_clock::now();
  read_folder();
  check_manifest();
  std::set<std::string> listed;
  std::set<std::string> splits;
  if (report_.manifest) {
    for (const SplitEntry& split : report_.manifest->splits) {
      if (!splits.insert(split.name).second) {
        fault(FaultKind::kManifest, kManifestName,
              fmt::format("lists split '{}' twice", split.name));
      }
      check_listing(split, &listed);
    }
  }
  check_strangers(listed);
  check_shards();
  if (report_.manifest) {
    check_not_empty();
    check_notes();
    for (const std::string& split : splits) {
      check_names(split);
      check_classes(split);
    }
  }
  report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::move(report_);
}

}  // namespace

std::string_view fault_kind_name(FaultKind kind) {
  constexpr std::array<std::string_view, 15> kNames{
      "manifest", "missing", "unreadable", "size",   "content", "structure", "foreign", "unlisted",
      "index",    "names",   "padding",    "record", "label",   "notes",     "decode"};
  return kNames[static_cast<size_t>(kind)];
}

std::string describe(const Fault& fault) {
  std::string text = fault.file;
  if (fault.sample) text += fmt::format(": sample {} '{}'", *fault.sample, fault.sample_name);
  if (!fault.field.empty()) text += fmt::format(": field {}", fault.field);
  if (fault.offset_bytes) text += fmt::format(": at byte {}", *fault.offset_bytes);
  return text + ": " + fault.message;
}

VerifyReport verify_dataset(const fs::path& folder, const VerifyOptions& options) {
  return DatasetCheck(folder, options).run();
}

}  // namespace stoker
