#include "libdata/sample/unit_converter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <new>
#include <stdexcept>

#include "libdata/core/descriptor.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/core/parallel.h"
#include "libdata/core/stop.h"
#include "libdata/sample/conversion_plan.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// How many items ahead of the one being read the system is told of: enough for a fast disk's queue.
constexpr uint64_t kPrefetchItems = 32;

// As the user knows it: from the folder that was named, if the file lies in one.
std::string relative_to_inputs(const std::string& path, const std::vector<fs::path>& inputs) {
  for (const fs::path& input : inputs) {
    const fs::path within =
        fs::path(path).lexically_normal().lexically_relative(input.lexically_normal());
    if (within.empty() || within.native().starts_with("..")) continue;
    if (within != ".") return within.string();
    return fs::path(path).filename().string();
  }
  return path;
}

std::string source_file(const Sample& sample) {
  return fs::path(sample.source_path).filename().string();
}

// The place of the fault itself, where the error names it: an image and its label are two files.
SampleNote skipped_note(const Sample& sample, const Error& error,
                        const std::vector<fs::path>& inputs) {
  SampleNote note{sample.name, error.message(), source_file(sample), sample.source_offset_bytes};
  if (!error.path().empty()) note.file = relative_to_inputs(error.path(), inputs);
  if (error.offset_bytes()) note.offset_bytes = *error.offset_bytes();
  return note;
}

// Nothing can be opened any more, whatever the file.
bool out_of_descriptors() {
  return !Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)) &&
         (errno == EMFILE || errno == ENFILE);
}

// Whether what an encoder threw says something of this sample, and not of the whole run.
bool is_about_the_sample(const Error& error) {
  if (error.code() == ErrorCode::kInternal) return false;  // also of work that was cut short
  return error.code() != ErrorCode::kIo || !out_of_descriptors();
}

// An argument that an encoder's own callee refuses came out of the sample, not from the user.
ErrorCode code_for_sample(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument ? ErrorCode::kUnsupported : code;
}

// The class index, where the data set has classes.
std::optional<int64_t> label_of(const Schema& schema, const Sample& sample) {
  const auto field = schema.find("label");
  if (!field || schema.fields[*field].storage != Storage::kInline ||
      schema.fields[*field].dtype != DType::kInt32 || sample.values[*field].bytes.size() < 4) {
    return std::nullopt;
  }
  return load_le<int32_t>(sample.values[*field].bytes.data());
}

}  // namespace

// Of the bytes as they are now; 0 where they cannot be read.
uint64_t UnitConverter::content_now(uint64_t item) const {
  try {
    return conversion_.reader().hash_source(item);
  } catch (const Error&) {
    return 0;
  }
}

// Taken before the source is read: a change while it is read shows the next time.
SourceRow UnitConverter::row_of(uint64_t item) const {
  SourceRow row;
  row.key = conversion_.items()[item].content_key;
  const SourceReader& reader = conversion_.reader();
  if (reader.tells_changes()) row.stamp = stamp_files(reader.source_files(item));
  return row;
}

// Here, in parallel, and not in the writing stage.
void UnitConverter::hash_values(Sample& sample) const {
  for (size_t f = 0; f < sample.values.size(); ++f) {
    FieldValue& value = sample.values[f];
    if (conversion_.manifest().schema.fields[f].storage == Storage::kBlob && value.hash == 0) {
      value.hash = xxh3_64(value.bytes);
    }
  }
}

void UnitConverter::make_values(uint64_t item, Slot* slot) const {
  conversion_.make_sample(item, slot->sample);
  hash_values(slot->sample);
}

// Under skip it is the sample's fault; else the run ends, for want of memory.
Error UnitConverter::short_of_memory() const {
  return Error(options_.skip_bad_samples ? ErrorCode::kUnsupported : ErrorCode::kIo,
               "needs more memory than there is");
}

// Whether the sample is too large, or others had taken the memory, shows once it is tried with what
// they hold as the only competition.
void UnitConverter::make_alone(uint64_t item, Slot* slot) {
  const std::lock_guard lock(making_alone_);
  slot->sample = Sample();
  make_values(item, slot);
}

// Keeps what `work` throws about the sample, whose memory goes back where it was short.
template <typename Work>
void UnitConverter::attempt(Slot* slot, Work work) const {
  const auto fail = [&](const Error& error) {
    if (!is_about_the_sample(error)) throw error;
    slot->error.emplace(code_for_sample(error.code()), error.message(), error.path(),
                        error.offset_bytes());
  };
  const auto fail_for_memory = [&] {
    Sample empty;
    empty.item = slot->sample.item;
    empty.name = slot->sample.name;
    slot->sample = std::move(empty);
    fail(short_of_memory());
  };
  try {
    work();
  } catch (const Error& error) {
    fail(error);
  } catch (const std::bad_alloc&) {
    fail_for_memory();
  } catch (const std::length_error&) {
    fail_for_memory();
  }
}

// What is left to do once a sample was made, or was not.
void UnitConverter::conclude(uint64_t item, Slot* slot) const {
  if (conversion_.reader().tells_changes()) {
    slot->source.content =
        slot->sample.source_hash != 0 ? slot->sample.source_hash : content_now(item);
  }
  if (!slot->error || options_.skip_bad_samples) return;
  throw Error(slot->error->code(),
              fmt::format("{}: {} (--on-error skip leaves it out and records it)",
                          slot->sample.name, slot->error->message()),
              slot->error->path(), slot->error->offset_bytes());
}

void UnitConverter::make(uint64_t item, Slot* slot) {
  slot->error.reset();
  slot->source = row_of(item);
  attempt(slot, [&] {
    try {
      make_values(item, slot);
    } catch (const std::bad_alloc&) {
      make_alone(item, slot);
    } catch (const std::length_error&) {
      make_alone(item, slot);
    }
  });
  conclude(item, slot);
}

void UnitConverter::read_in_order(uint64_t item, Slot* slot) const {
  slot->error.reset();
  slot->source = row_of(item);
  attempt(slot, [&] { conversion_.read_sample(item, slot->sample); });
}

void UnitConverter::make_of_read(uint64_t item, Slot* slot) const {
  if (!slot->error) {
    attempt(slot, [&] {
      conversion_.transform_sample(slot->sample);
      hash_values(slot->sample);
    });
  }
  conclude(item, slot);
}

void UnitConverter::unpublish() {
  std::call_once(unpublished_, [&] { conversion_.output().unpublish(run_); });
}

void UnitConverter::store(const Slot& slot, SampleWriter& writer, FinishedShard& finished) const {
  const Sample& sample = slot.sample;
  if (slot.error) {
    finished.notes.skipped.push_back(skipped_note(sample, *slot.error, options_.inputs));
    spdlog::warn("skipped {}: {}", sample.name, slot.error->what());
    return;
  }
  writer.append(sample);
  if (const auto label = label_of(conversion_.manifest().schema, sample)) ++finished.labels[*label];
  if (!sample.normalized.empty()) {
    finished.notes.normalized.push_back(
        {sample.name, sample.normalized, source_file(sample), sample.source_offset_bytes});
  }
}

FinishedShard UnitConverter::convert(const PlannedShard& shard, size_t slots) {
  unpublish();
  const std::unique_ptr<SampleWriter> writer = conversion_.output().make_writer(shard, run_);
  FinishedShard finished;
  std::vector<SourceRow> rows;
  std::vector<Slot> ring(slots);
  const bool in_order = conversion_.reader().access() == SourceAccess::kInOrder;
  run_ordered(
      shard.items.size(), slots,
      [&](uint64_t i, size_t slot) {
        if (in_order) read_in_order(shard.items[i], &ring[slot]);
      },
      [&](uint64_t i, size_t slot) {
        if (in_order) return make_of_read(shard.items[i], &ring[slot]);
        if (i + kPrefetchItems < shard.items.size()) {
          conversion_.reader().prefetch(shard.items[i + kPrefetchItems]);
        }
        make(shard.items[i], &ring[slot]);
      },
      [&](uint64_t, size_t slot) {
        const uint64_t before = writer->size_bytes();
        rows.push_back(ring[slot].source);
        store(ring[slot], *writer, finished);
        progress_.add(1, writer->size_bytes() - before);
      });
  const uint64_t handled = writer->sample_count() + finished.notes.skipped.size();
  if (handled != shard.items.size()) {
    throw Error(ErrorCode::kInternal,
                fmt::format("{} of {} samples were written", handled, shard.items.size()),
                shard.file);
  }
  finished.summary = writer->finish(finished.notes);
  if (conversion_.reader().tells_changes()) {
    write_source_rows(conversion_.output().folder(), shard.file, finished.summary.hash, rows);
  }
  return finished;
}

// Why the shard's sources are not those it was made from; empty where they are, with the rows as
// they are now. A file that is only younger is read: its bytes decide.
std::string UnitConverter::why_stale(const PlannedShard& shard,
                                     std::vector<SourceRow>& rows) const {
  for (size_t i = 0; i < rows.size(); ++i) {
    throw_if_stopped();
    const uint64_t item = shard.items[i];
    const std::string& name = conversion_.items()[item].name;
    SourceRow now = row_of(item);
    if (now.key != rows[i].key) return fmt::format("{} has another size or label now", name);
    now.content = rows[i].content;
    if (now.stamp != rows[i].stamp || options_.check_sources) {
      now.content = content_now(item);
      if (now.content != rows[i].content || now.content == 0) {
        return fmt::format("{} has changed since", name);
      }
    }
    rows[i] = now;
  }
  return "";
}

// What is wrong with the sources of a whole shard; empty where they are as they were.
std::string UnitConverter::check_sources(const PlannedShard& shard, const Hash128& hash) const {
  const fs::path& folder = conversion_.output().folder();
  auto rows = read_source_rows(folder, shard.file, hash, shard.items.size());
  if (rows) {
    const std::vector<SourceRow> before = *rows;
    if (std::string why = why_stale(shard, *rows); !why.empty()) return why;
    if (*rows != before) write_source_rows(folder, shard.file, hash, *rows);
    return "";
  }
  if (recorded_ || options_.check_sources) return "there is no record of its sources";
  std::vector<SourceRow> now;  // made before there were records: as far as the plan tells, of these
  for (const uint64_t item : shard.items)
    now.push_back(row_of(item));
  write_source_rows(folder, shard.file, hash, now);
  return "";
}

// A shard found under its final name is whole unless the disk lied; it is verified to the last byte
// all the same, since its hash goes into the manifest.
std::optional<FinishedShard> UnitConverter::find_finished(const PlannedShard& shard,
                                                          bool* renewed) const {
  const fs::path path = conversion_.output().folder() / shard.file;
  if (!options_.resume || !conversion_.output().has(shard)) return std::nullopt;
  *renewed = true;
  FoundUnit found = conversion_.output().find(shard, run_);
  if (found.fingerprint && *found.fingerprint != run_.plan.fingerprint) {
    throw Error(ErrorCode::kInvalidArgument,
                "was packed from other sources or with other options, which --resume cannot "
                "continue (--force starts over)",
                path.string());
  }
  std::string fault = std::move(found.fault);
  if (fault.empty() &&
      found.summary.sample_count + found.notes.skipped.size() != shard.items.size()) {
    fault = fmt::format("{}: is another shard of this plan", shard.file);
  }
  if (fault.empty() && !found.notes.skipped.empty() && !options_.skip_bad_samples) {
    fault = fmt::format("{}: left out samples, and --on-error skip is not given", shard.file);
  }
  if (fault.empty() && conversion_.reader().tells_changes()) {
    const std::string why = check_sources(shard, found.summary.hash);
    if (!why.empty()) fault = fmt::format("{}: {}", shard.file, why);
  }
  if (!fault.empty()) {
    spdlog::warn("{}; packing it again", fault);
    return std::nullopt;
  }
  FinishedShard finished;
  finished.summary = std::move(found.summary);
  finished.notes = std::move(found.notes);
  finished.labels = std::move(found.labels);
  finished.kept = true;
  progress_.add(shard.items.size(), finished.summary.size_bytes);
  return finished;
}

}  // namespace stoker
