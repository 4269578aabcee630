#include "libdata/shard/shard_record_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/core/stop.h"
#include "libdata/shard/shard_layout.h"

namespace stoker {
namespace {

constexpr uint64_t kReleaseBytes = 64u << 20;  // mapped records are let go in steps of this

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

}  // namespace

void ShardRecordCheck::add(FaultKind kind, const Place& place, const std::string& message,
                           std::optional<uint64_t> offset) {
  faults_.add(faults_.at(shard_, kind, place, message, offset));
}

// What the index says of a blob, against the end of the one before (null: unknown) and its field.
bool ShardRecordCheck::check_place(const BlobView& blob, const Place& place,
                                   const uint64_t* previous_end) {
  if (previous_end != nullptr) {
    const uint64_t expected = align_up(*previous_end, shard_.header().alignment_bytes);
    if (blob.offset_bytes != expected) {
      add(FaultKind::kIndex, place,
          fmt::format("expected at byte {}, the index says {}", expected, blob.offset_bytes),
          blob.offset_bytes);
      return false;
    }
    faults_.check_gap(shard_, *previous_end, expected, "between records");
  }
  const Field& field = shard_.schema().fields[place.field];
  if (blob.codec == Codec::kRaw && !is_array_size(field, blob.shape, blob.bytes.size())) {
    add(FaultKind::kIndex, place,
        fmt::format("{} raw bytes are not what {} of the indexed shape take", blob.bytes.size(),
                    dtype_name(field.dtype)),
        blob.offset_bytes);
    return false;
  }
  return true;
}

bool ShardRecordCheck::check_record(const BlobView& blob, const Place& place) {
  if (xxh3_64(blob.bytes) == blob.hash) return true;
  add(FaultKind::kRecord, place,
      fmt::format("the {} stored bytes do not match their hash", blob.bytes.size()),
      blob.offset_bytes);
  // Bricks have hashes of their own, which say where.
  if (options_.check_blob && blob.codec == Codec::kBricks) {
    for (Fault& fault : inspect_value(blob, place))
      faults_.add(std::move(fault));
  }
  return false;
}

void ShardRecordCheck::check_records() {
  const Schema& schema = shard_.schema();
  damaged_.assign(shard_.sample_count(), false);
  shard_.advise(AccessPattern::kSequential);
  uint64_t end = kHeaderBytes;  // of the record before
  bool end_known = true;
  uint64_t released = 0;
  for (uint64_t i = 0; i < shard_.sample_count(); ++i) {
    throw_if_stopped();
    for (size_t f = 0; f < schema.fields.size(); ++f) {
      if (schema.fields[f].storage != Storage::kBlob) continue;
      BlobView blob;
      try {
        blob = shard_.blob(i, f);
      } catch (const Error& error) {
        add(FaultKind::kIndex, {i, f}, error.message(), error.offset_bytes());
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
      shard_.dont_need(released, end - released);
      released = end;
    }
  }
  const uint64_t index_at = shard_.footer().index.offset_bytes;
  if (!end_known) return;
  if (align_up(end, kSectionAlignment) == index_at) {
    faults_.check_gap(shard_, end, index_at, "after the records");
  } else {
    faults_.add(FaultKind::kIndex,
                fmt::format("records end at byte {}, but the index starts at {}", end, index_at),
                end);
  }
}

// Whatever `check_blob` finds, as faults placed in the file.
std::vector<Fault> ShardRecordCheck::inspect_value(const BlobView& blob, const Place& place) const {
  std::vector<Error> errors;
  try {
    errors = options_.check_blob(shard_.schema().fields[place.field], blob);
  } catch (const Error& error) {
    errors.push_back(error);
  }
  std::vector<Fault> faults;
  for (const Error& error : errors) {
    const uint64_t within = error.offset_bytes().value_or(0);
    faults.push_back(
        faults_.at(shard_, FaultKind::kDecode, place, error.message(), blob.offset_bytes + within));
  }
  return faults;
}

void ShardRecordCheck::check_values() {
  const Schema& schema = shard_.schema();
  std::vector<Fault> faults;
  std::mutex adding;
  shard_.advise(AccessPattern::kNormal);
  run_parallel(shard_.sample_count(), [&](uint64_t i) {
    if (damaged_[i]) return;
    std::vector<Fault> of_sample;
    for (size_t f = 0; f < schema.fields.size(); ++f) {
      if (schema.fields[f].storage != Storage::kBlob) continue;
      const BlobView blob = shard_.blob(i, f);
      std::vector<Fault> of_field = inspect_value(blob, {i, f});
      std::move(of_field.begin(), of_field.end(), std::back_inserter(of_sample));
      shard_.dont_need(blob.offset_bytes, blob.bytes.size());
    }
    const std::lock_guard lock(adding);
    std::move(of_sample.begin(), of_sample.end(), std::back_inserter(faults));
  });
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return *a.sample < *b.sample; });
  for (Fault& fault : faults)
    faults_.add(std::move(fault));
}

}  // namespace stoker
