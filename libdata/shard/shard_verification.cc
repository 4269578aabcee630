#include "libdata/shard/shard_verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/core/stop.h"
#include "libdata/shard/index_columns.h"
#include "libdata/shard/shard_layout.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kReadBytes = 4u << 20;      // at a time, while hashing the file
constexpr uint64_t kReleaseBytes = 64u << 20;  // mapped records are let go in steps of this
constexpr int64_t kNoLabel = -1;               // what a source without labels gives

uint64_t end_of(const ShardSection& section) {
  return section.offset_bytes + section.size_bytes;
}

bool lies_inside(const ShardSection& section, uint64_t file_bytes) {
  return section.offset_bytes <= file_bytes &&
         section.size_bytes <= file_bytes - section.offset_bytes;
}

// Whether `length` is what an array of this shape takes.
bool is_array_size(const Field& field, const Extents& shape, uint64_t length) {
  uint64_t bytes = dtype_size(field.dtype);
  for (int axis = 0; axis < field.rank(); ++axis) {
    const uint64_t extent = shape[static_cast<size_t>(axis)];
    if (extent == 0) return length == 0;
    if (bytes > length / extent) return false;
    bytes *= extent;
  }
  return bytes == length;
}

class ShardCheck {
 public:
  ShardCheck(const ShardTask& task, const Manifest* manifest, const VerifyOptions& options)
      : task_(task), manifest_(manifest), options_(options) {
    found_.file.file = task.path.filename().string();
    found_.file.split = task.split;
  }

  ShardFindings run();

 private:
  struct Place {
    uint64_t sample;
    size_t field;
  };

  bool check_content();
  bool open();
  void check_membership();
  void check_gap(uint64_t begin, uint64_t end, const char* what);
  void check_padding();
  void check_names();
  void check_labels();
  void check_records();
  bool check_place(const BlobView& blob, const Place& place, const uint64_t* previous_end);
  bool check_record(const BlobView& blob, const Place& place);
  void check_values();
  void inspect_value(const BlobView& blob, const Place& place, std::vector<Fault>* faults) const;

  void add(FaultKind kind, const std::string& message, std::optional<uint64_t> offset = {});
  Fault fault_at(FaultKind kind, const Place& place, const std::string& message,
                 std::optional<uint64_t> offset) const;
  template <typename Check>
  bool passes(FaultKind kind, const Check& check);

  const ShardTask& task_;
  const Manifest* manifest_;
  const VerifyOptions& options_;
  std::optional<ShardReader> reader_;
  std::vector<bool> damaged_;  // samples that need no decoding to be known as bad
  ShardFindings found_;
};

void ShardCheck::add(FaultKind kind, const std::string& message, std::optional<uint64_t> offset) {
  Fault fault;
  fault.kind = kind;
  fault.file = found_.file.file;
  fault.split = task_.split;
  fault.offset_bytes = offset;
  fault.message = message;
  found_.faults.push_back(std::move(fault));
}

Fault ShardCheck::fault_at(FaultKind kind, const Place& place, const std::string& message,
                           std::optional<uint64_t> offset) const {
  Fault fault;
  fault.kind = kind;
  fault.file = found_.file.file;
  fault.split = task_.split;
  fault.sample = place.sample;
  if (task_.expected != nullptr) fault.sample_id = task_.first_sample_id + place.sample;
  fault.sample_name = reader_->name(place.sample);
  fault.field = reader_->schema().fields[place.field].name;
  fault.offset_bytes = offset;
  fault.message = message;
  return fault;
}

// Runs `check`; what it throws becomes a fault.
template <typename Check>
bool ShardCheck::passes(FaultKind kind, const Check& check) {
  try {
    check();
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) kind = FaultKind::kMissing;
    if (error.code() == ErrorCode::kIo) kind = FaultKind::kUnreadable;
    add(kind, error.message(), error.offset_bytes());
    return false;
  }
}

// By pread, so that a failing disk is an error here and not a signal later in the mapping.
bool ShardCheck::check_content() {
  return passes(FaultKind::kUnreadable, [&] {
    const RangeFile file(task_.path);
    found_.file.size_bytes = file.size();
    if (task_.expected != nullptr && file.size() != task_.expected->size_bytes) {
      add(FaultKind::kSize, fmt::format("expected {} bytes as the manifest says, found {}",
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
      add(FaultKind::kContent, fmt::format("XXH3-128 is {}, the manifest says {}",
                                           to_hex(found_.hash), to_hex(task_.expected->hash)));
    }
  });
}

// Header, footer and sections are judged one by one, so that each that is bad is listed.
bool ShardCheck::open() {
  const size_t before = found_.faults.size();
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
      add(FaultKind::kStructure, fmt::format("{} does not match its hash", what),
          section.offset_bytes);
    };
    check_section(footer.index, "index");
    check_section(footer.json, "JSON");
  });
  if (found_.faults.size() == before) {
    passes(FaultKind::kStructure, [&] { reader_.emplace(task_.path); });
  }
  if (!reader_ && options_.level != VerifyLevel::kFast) {
    add(FaultKind::kStructure,
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
    if (!same) add(FaultKind::kForeign, message, offset);
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

void ShardCheck::check_gap(uint64_t begin, uint64_t end, const char* what) {
  const ByteSpan bytes = reader_->file_bytes();
  for (uint64_t i = begin; i < end; ++i) {
    if (bytes[i] == 0) continue;
    add(FaultKind::kPadding, fmt::format("padding {} is not 0", what), i);
    return;
  }
}

void ShardCheck::check_padding() {
  const ShardFooter& footer = reader_->footer();
  const uint64_t index_at = footer.index.offset_bytes;
  for (const ByteRange& gap : layout_index(reader_->schema(), footer.sample_count).gaps) {
    check_gap(index_at + gap.begin, index_at + gap.end, "between columns of the index");
  }
  check_gap(end_of(footer.index), footer.names.offset_bytes, "after the index");
  check_gap(end_of(footer.names), footer.json.offset_bytes, "after the names");
  check_gap(end_of(footer.json), footer.file_bytes - kFooterBytes, "after the JSON");
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
    found_.faults.push_back(
        fault_at(FaultKind::kLabel, {i, *field},
                 fmt::format("expected a class index of 0..{}, found {}", classes - 1, value), at));
  }
}

// What the index says of a blob, against the end of the one before (null: unknown) and its field.
bool ShardCheck::check_place(const BlobView& blob, const Place& place,
                             const uint64_t* previous_end) {
  if (previous_end != nullptr) {
    const uint64_t expected = align_up(*previous_end, reader_->header().alignment_bytes);
    if (blob.offset_bytes != expected) {
      found_.faults.push_back(fault_at(
          FaultKind::kIndex, place,
          fmt::format("expected at byte {}, the index says {}", expected, blob.offset_bytes),
          blob.offset_bytes));
      return false;
    }
    check_gap(*previous_end, expected, "between records");
  }
  const Field& field = reader_->schema().fields[place.field];
  if (blob.codec == Codec::kRaw && !is_array_size(field, blob.shape, blob.bytes.size())) {
    found_.faults.push_back(
        fault_at(FaultKind::kIndex, place,
                 fmt::format("{} raw bytes are not what {} of the indexed shape take",
                             blob.bytes.size(), dtype_name(field.dtype)),
                 blob.offset_bytes));
    return false;
  }
  return true;
}

bool ShardCheck::check_record(const BlobView& blob, const Place& place) {
  if (xxh3_64(blob.bytes) == blob.hash) return true;
  found_.faults.push_back(
      fault_at(FaultKind::kRecord, place,
               fmt::format("the {} stored bytes do not match their hash", blob.bytes.size()),
               blob.offset_bytes));
  // Bricks have hashes of their own, which say where.
  if (options_.check_blob && blob.codec == Codec::kBricks) {
    inspect_value(blob, place, &found_.faults);
  }
  return false;
}

void ShardCheck::check_records() {
  const ShardReader& shard = *reader_;
  const Schema& schema = shard.schema();
  damaged_.assign(shard.sample_count(), false);
  shard.advise(AccessPattern::kSequential);
  uint64_t end = kHeaderBytes;  // of the record before
  bool end_known = true;
  uint64_t released = 0;
  for (uint64_t i = 0; i < shard.sample_count(); ++i) {
    throw_if_stopped();
    for (size_t f = 0; f < schema.fields.size(); ++f) {
      if (schema.fields[f].storage != Storage::kBlob) continue;
      BlobView blob;
      try {
        blob = shard.blob(i, f);
      } catch (const Error& error) {
        found_.faults.push_back(
            fault_at(FaultKind::kIndex, {i, f}, error.message(), error.offset_bytes()));
        damaged_[i] = true;
        end_known = false;
        continue;
      }
      const bool placed = check_place(blob, {i, f}, end_known ? &end : nullptr);
      if (!check_record(blob, {i, f}) || !placed) damaged_[i] = true;
      end = blob.offset_bytes + blob.bytes.size();
      end_known = true;
    }
    if (end > released + kReleaseBytes) {
      shard.dont_need(released, end - released);
      released = end;
    }
  }
  const uint64_t index_at = shard.footer().index.offset_bytes;
  if (!end_known) return;
  if (align_up(end, kSectionAlignment) == index_at) {
    check_gap(end, index_at, "after the records");
  } else {
    add(FaultKind::kIndex,
        fmt::format("records end at byte {}, but the index starts at {}", end, index_at), end);
  }
}

// Whatever `check_blob` finds, as faults placed in the file.
void ShardCheck::inspect_value(const BlobView& blob, const Place& place,
                               std::vector<Fault>* faults) const {
  std::vector<Error> errors;
  try {
    errors = options_.check_blob(reader_->schema().fields[place.field], blob);
  } catch (const Error& error) {
    errors.push_back(error);
  }
  for (const Error& error : errors) {
    const uint64_t within = error.offset_bytes().value_or(0);
    faults->push_back(
        fault_at(FaultKind::kDecode, place, error.message(), blob.offset_bytes + within));
  }
}

void ShardCheck::check_values() {
  const Schema& schema = reader_->schema();
  std::vector<Fault> faults;
  std::mutex adding;
  reader_->advise(AccessPattern::kNormal);
  run_parallel(reader_->sample_count(), [&](uint64_t i) {
    if (damaged_[i]) return;
    std::vector<Fault> of_sample;
    for (size_t f = 0; f < schema.fields.size(); ++f) {
      if (schema.fields[f].storage != Storage::kBlob) continue;
      const BlobView blob = reader_->blob(i, f);
      inspect_value(blob, {i, f}, &of_sample);
      reader_->dont_need(blob.offset_bytes, blob.bytes.size());
    }
    const std::lock_guard lock(adding);
    std::move(of_sample.begin(), of_sample.end(), std::back_inserter(faults));
  });
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return *a.sample < *b.sample; });
  std::move(faults.begin(), faults.end(), std::back_inserter(found_.faults));
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
      check_records();
    }
    if (options_.level == VerifyLevel::kDeep && options_.check_blob) check_values();
  }
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
