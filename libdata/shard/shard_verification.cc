#include "libdata/shard/shard_verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/stop.h"
#include "libdata/shard/index_columns.h"
#include "libdata/shard/shard_faults.h"
#include "libdata/shard/shard_layout.h"
#include "libdata/shard/shard_record_check.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kReadBytes = 4u << 20;  // at a time, while hashing the file
constexpr int64_t kNoLabel = -1;           // what a source without labels gives

uint64_t end_of(const ShardSection& section) {
  return section.offset_bytes + section.size_bytes;
}

bool lies_inside(const ShardSection& section, uint64_t file_bytes) {
  return section.offset_bytes <= file_bytes &&
         section.size_bytes <= file_bytes - section.offset_bytes;
}

class ShardCheck {
 public:
  ShardCheck(const ShardTask& task, const Manifest* manifest, const VerifyOptions& options)
      : task_(task), manifest_(manifest), options_(options), faults_(task) {
    found_.file.file = faults_.file();
    found_.file.split = task.split;
  }

  ShardFindings run();

 private:
  bool check_content();
  bool open();
  void check_membership();
  void check_padding();
  void check_names();
  void check_labels();

  template <typename Check>
  bool passes(FaultKind kind, const Check& check);

  const ShardTask& task_;
  const Manifest* manifest_;
  const VerifyOptions& options_;
  std::optional<ShardReader> reader_;
  ShardFaults faults_;
  ShardFindings found_;
};

// Runs `check`; what it throws becomes a fault.
template <typename Check>
bool ShardCheck::passes(FaultKind kind, const Check& check) {
  try {
    check();
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) kind = FaultKind::kMissing;
    if (error.code() == ErrorCode::kIo) kind = FaultKind::kUnreadable;
    faults_.add(kind, error.message(), error.offset_bytes());
    return false;
  }
}

// By pread, so that a failing disk is an error here and not a signal later in the mapping.
bool ShardCheck::check_content() {
  return passes(FaultKind::kUnreadable, [&] {
    const RangeFile file(task_.path);
    found_.file.size_bytes = file.size();
    if (task_.expected != nullptr && file.size() != task_.expected->size_bytes) {
      faults_.add(FaultKind::kSize, fmt::format("expected {} bytes as the manifest says, found {}",
                                                task_.expected->size_bytes, file.size()));
    }
    StreamHash128 hash;
    Bytes buffer(std::min<uint64_t>(kReadBytes, file.size()));
    for (uint64_t at = 0; at < file.size(); at += buffer.size()) {
      throw_if_stopped();
      buffer.resize(std::min<uint64_t>(kReadBytes, file.size() - at));
      file.read(at, std::span<uint8_t>(buffer));
      hash.update(buffer);
    }
    found_.hash = hash.digest();
    if (task_.expected != nullptr && file.size() == task_.expected->size_bytes &&
        !(found_.hash == task_.expected->hash)) {
      faults_.add(FaultKind::kContent,
                  fmt::format("XXH3-128 is {}, the manifest says {}", to_hex(found_.hash),
                              to_hex(task_.expected->hash)));
    }
  });
}

// Header, footer and sections are judged one by one, so that each that is bad is listed.
bool ShardCheck::open() {
  const size_t before = faults_.count();
  passes(FaultKind::kStructure, [&] {
    const MappedFile file(task_.path);
    const ByteSpan bytes = file.bytes();
    passes(FaultKind::kStructure, [&] { decode_header(bytes); });
    if (bytes.size() < kHeaderBytes + kFooterBytes) return;
    const uint64_t footer_at = bytes.size() - kFooterBytes;
    ShardFooter footer;
    const auto read_footer = [&] { footer = decode_footer(bytes.subspan(footer_at), footer_at); };
    if (!passes(FaultKind::kStructure, read_footer)) return;
    const auto check_section = [&](const ShardSection& section, const char* what) {
      if (!lies_inside(section, bytes.size())) return;  // ShardReader says so
      if (xxh3_64(bytes.subspan(section.offset_bytes, section.size_bytes)) == section.hash) return;
      faults_.add(FaultKind::kStructure, fmt::format("{} does not match its hash", what),
                  section.offset_bytes);
    };
    check_section(footer.index, "index");
    check_section(footer.json, "JSON");
  });
  if (faults_.count() == before) {
    passes(FaultKind::kStructure, [&] { reader_.emplace(task_.path); });
  }
  if (!reader_ && options_.level != VerifyLevel::kFast) {
    faults_.add(FaultKind::kStructure,
                "the records were not checked: they cannot be found without the rest");
  }
  return reader_.has_value();
}

void ShardCheck::check_membership() {
  const ShardReader& shard = *reader_;
  found_.file.samples = shard.sample_count();
  found_.header = shard.header();
  found_.meta = shard.meta();
  if (manifest_ == nullptr || task_.expected == nullptr) return;
  const auto expect = [&](bool same, const std::string& message, uint64_t offset) {
    if (!same) faults_.add(FaultKind::kForeign, message, offset);
  };
  const ShardHeader& header = shard.header();
  const uint64_t footer_at = shard.file_bytes().size() - kFooterBytes;
  const uint64_t json_at = shard.footer().json.offset_bytes;
  expect(header.fingerprint == manifest_->fingerprint,
         fmt::format("belongs to another packing plan: fingerprint {}, the manifest says {}",
                     to_hex(header.fingerprint), to_hex(manifest_->fingerprint)),
         24);
  expect(header.shard_index == task_.shard_index && header.shard_count == task_.shard_count,
         fmt::format("is shard {} of {} by its header, listed as {} of {}", header.shard_index,
                     header.shard_count, task_.shard_index, task_.shard_count),
         32);
  expect(shard.sample_count() == task_.expected->sample_count,
         fmt::format("holds {} samples, the manifest says {}", shard.sample_count(),
                     task_.expected->sample_count),
         footer_at + 72);
  expect(shard.meta().split == task_.split,
         fmt::format("belongs to split '{}', listed in '{}'", shard.meta().split, task_.split),
         json_at);
  expect(shard.schema() == manifest_->schema, "schema differs from the manifest's", json_at);
  expect(shard.meta().class_names == manifest_->class_names,
         "class names differ from the manifest's", json_at);
}

void ShardCheck::check_padding() {
  const ShardFooter& footer = reader_->footer();
  const uint64_t index_at = footer.index.offset_bytes;
  for (const ByteRange& gap : layout_index(reader_->schema(), footer.sample_count).gaps) {
    faults_.check_gap(*reader_, index_at + gap.begin, index_at + gap.end,
                      "between columns of the index");
  }
  faults_.check_gap(*reader_, end_of(footer.index), footer.names.offset_bytes, "after the index");
  faults_.check_gap(*reader_, end_of(footer.names), footer.json.offset_bytes, "after the names");
  faults_.check_gap(*reader_, end_of(footer.json), footer.file_bytes - kFooterBytes,
                    "after the JSON");
}

void ShardCheck::check_names() {
  if (!passes(FaultKind::kNames, [&] { reader_->check_names(); })) return;
  found_.name_hashes.reserve(reader_->sample_count());
  for (uint64_t i = 0; i < reader_->sample_count(); ++i) {
    found_.name_hashes.push_back(xxh3_64(as_bytes(reader_->name(i))));
  }
}

void ShardCheck::check_labels() {
  const auto field = reader_->schema().find("label");
  if (!field || found_.meta.class_names.empty()) return;
  const Field& label = reader_->schema().fields[*field];
  const bool is_class_index = label.storage == Storage::kInline && label.rank() == 0 &&
                              label.dtype != DType::kFloat16 && label.dtype != DType::kFloat32;
  if (!is_class_index) return;
  const auto classes = static_cast<int64_t>(found_.meta.class_names.size());
  for (uint64_t i = 0; i < reader_->sample_count(); ++i) {
    const int64_t value = reader_->inline_int(i, *field);
    ++found_.labels[value];
    if (value >= kNoLabel && value < classes) continue;
    const auto at = static_cast<uint64_t>(reader_->inline_bytes(i, *field).data() -
                                          reader_->file_bytes().data());
    faults_.add(faults_.at(
        *reader_, FaultKind::kLabel, {i, *field},
        fmt::format("expected a class index of 0..{}, found {}", classes - 1, value), at));
  }
}

ShardFindings ShardCheck::run() {
  const auto start = std::chrono::steady_clock::now();
  if (check_content() && open()) {
    found_.opened = true;
    check_membership();
    if (options_.level != VerifyLevel::kFast) {
      check_padding();
      check_names();
      check_labels();
      ShardRecordCheck records(*reader_, options_, &faults_);
      records.check_records();
      if (options_.level == VerifyLevel::kDeep && options_.check_blob) records.check_values();
    }
  }
  found_.faults = faults_.take();
  found_.file.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return std::move(found_);
}

}  // namespace

ShardFindings verify_shard(const ShardTask& task, const Manifest* manifest,
                           const VerifyOptions& options) {
  return ShardCheck(task, manifest, options).run();
}

}  // namespace stoker
