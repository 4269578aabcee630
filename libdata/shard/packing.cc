#include "libdata/shard/packing.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>

#include "libdata/core/descriptor.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/core/progress.h"
#include "libdata/core/stop.h"
#include "libdata/shard/packing_folder.h"
#include "libdata/shard/packing_parts.h"
#include "libdata/shard/shard_verification.h"
#include "libdata/shard/source_record.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// How many items ahead of the one being read the system is told of: enough for a fast disk's queue.
constexpr uint64_t kPrefetchItems = 32;
constexpr size_t kSlotsAThread = 4;

struct FinishedShard {
  ShardSummary summary;
  std::vector<SampleNote> skipped;
  std::vector<SampleNote> normalized;
  std::map<int64_t, uint64_t> labels;  // class index -> samples
  bool kept = false;
  bool renewed = false;  // there was one of this name, which did not do
};

// One slot of the pipeline: what encode left for the writer.
struct Slot {
  EncodedSample sample;
  SourceRow source;
  std::optional<Error> error;
};

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

// The place of the fault itself, where the error names it: an image and its label are two files.
SampleNote skipped_note(const PackJob& job, const PlannedItem& item, const EncodedSample& sample,
                        const Error& error) {
  SampleNote note{item.name, error.message(), sample.source_file, sample.source_offset_bytes};
  if (!error.path().empty()) note.file = relative_to_inputs(error.path(), job.inputs);
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

uint64_t hash_of_source(const PackJob& job, uint64_t item) {
  return job.hash_source ? job.hash_source(item) : hash_files(job.source_files(item));
}

// Of the bytes as they are now; 0 where they cannot be read.
uint64_t content_now(const PackJob& job, uint64_t item) {
  try {
    return hash_of_source(job, item);
  } catch (const Error&) {
    return 0;
  }
}

// The class index, where the data set has classes.
std::optional<int64_t> label_of(const Schema& schema, const EncodedSample& sample) {
  const auto field = schema.find("label");
  if (!field || schema.fields[*field].storage != Storage::kInline ||
      schema.fields[*field].dtype != DType::kInt32 || sample.values[*field].bytes.size() < 4) {
    return std::nullopt;
  }
  return load_le<int32_t>(sample.values[*field].bytes.data());
}

class Packer {
 public:
  // `recorded`: the folder has a record of sources, made by a run before this one.
  Packer(const PackJob& job, const PackPlan& plan, bool recorded, Progress* progress)
      : job_(job), plan_(plan), recorded_(recorded), progress_(*progress) {}

  FinishedShard pack(const PlannedShard& shard, size_t slots);
  // Nothing where there is none, or none that will do; `renewed` says which.
  std::optional<FinishedShard> find_finished(const PlannedShard& shard, bool* renewed) const;

 private:
  void encode(uint64_t item, Slot* slot);
  void encode_values(uint64_t item, Slot* slot) const;
  void encode_alone(uint64_t item, Slot* slot);
  SourceRow row_of(uint64_t item) const;
  std::string why_stale(const PlannedShard& shard, std::vector<SourceRow>& rows) const;
  void unpublish();

  const PackJob& job_;
  const PackPlan& plan_;
  bool recorded_;
  Progress& progress_;
  std::mutex short_of_memory_;
  std::once_flag unpublished_;
};

// Taken before the source is read: a change while it is read shows the next time.
SourceRow Packer::row_of(uint64_t item) const {
  SourceRow row;
  row.key = job_.items[item].content_key;
  if (job_.source_files) row.stamp = stamp_files(job_.source_files(item));
  return row;
}

void Packer::encode_values(uint64_t item, Slot* slot) const {
  slot->sample.clear();
  job_.encode(item, slot->sample);
  for (size_t f = 0; f < slot->sample.values.size(); ++f) {
    FieldValue& value = slot->sample.values[f];
    if (job_.manifest.schema.fields[f].storage == Storage::kBlob && value.hash == 0) {
      value.hash = xxh3_64(value.bytes);  // here, in parallel, and not in the writing stage
    }
  }
}

// Whether the sample is too large, or others had taken the memory, shows once it is tried with what
// they hold as the only competition.
void Packer::encode_alone(uint64_t item, Slot* slot) {
  const std::lock_guard lock(short_of_memory_);
  slot->sample = EncodedSample();
  // Under skip it is the sample's fault; else the run ends, for want of memory.
  const auto refuse = [&] {
    return Error(job_.options.skip_bad_samples ? ErrorCode::kUnsupported : ErrorCode::kIo,
                 "needs more memory than there is");
  };
  try {
    encode_values(item, slot);
  } catch (const std::bad_alloc&) {
    slot->sample = EncodedSample();
    throw refuse();
  } catch (const std::length_error&) {
    slot->sample = EncodedSample();
    throw refuse();
  }
}

void Packer::encode(uint64_t item, Slot* slot) {
  slot->error.reset();
  slot->source = row_of(item);
  try {
    try {
      encode_values(item, slot);
    } catch (const std::bad_alloc&) {
      encode_alone(item, slot);
    } catch (const std::length_error&) {
      encode_alone(item, slot);
    }
  } catch (const Error& error) {
    if (!is_about_the_sample(error)) throw;
    slot->error.emplace(code_for_sample(error.code()), error.message(), error.path(),
                        error.offset_bytes());
  }
  if (job_.source_files) {
    slot->source.content =
        slot->sample.source_hash != 0 ? slot->sample.source_hash : content_now(job_, item);
  }
  if (!slot->error || job_.options.skip_bad_samples) return;
  throw Error(slot->error->code(),
              fmt::format("{}: {} (--on-error skip leaves it out and records it)",
                          job_.items[item].name, slot->error->message()),
              slot->error->path(), slot->error->offset_bytes());
}

// While shards are replaced, what lists them must not stand beside them.
void Packer::unpublish() {
  std::call_once(unpublished_, [&] {
    fs::remove(job_.options.output / kManifestName);
    if (job_.options.part) {
      fs::remove(job_.options.output / part_manifest_name(*job_.options.part));
    }
  });
}

FinishedShard Packer::pack(const PlannedShard& shard, size_t slots) {
  unpublish();
  ShardHeader header;
  header.fingerprint = plan_.fingerprint;
  header.shard_index = shard.shard_index;
  header.shard_count = shard.shard_count;
  header.alignment_bytes = job_.options.alignment_bytes;
  ShardWriter writer(job_.options.output / shard.file, header, job_.manifest.schema);
  ShardMeta meta;
  meta.split = job_.plan_options.splits[shard.split];
  meta.class_names = job_.manifest.class_names;
  FinishedShard finished;
  std::vector<SourceRow> rows;
  std::vector<Slot> ring(slots);
  run_ordered(
      shard.items.size(), slots,
      [&](uint64_t i, size_t slot) {
        if (job_.prefetch && i + kPrefetchItems < shard.items.size()) {
          job_.prefetch(shard.items[i + kPrefetchItems]);
        }
        encode(shard.items[i], &ring[slot]);
      },
      [&](uint64_t i, size_t slot) {
        const PlannedItem& item = job_.items[shard.items[i]];
        const EncodedSample& sample = ring[slot].sample;
        const uint64_t before = writer.size_bytes();
        rows.push_back(ring[slot].source);
        if (ring[slot].error) {
          meta.skipped.push_back(skipped_note(job_, item, sample, *ring[slot].error));
          spdlog::warn("skipped {}: {}", item.name, ring[slot].error->what());
        } else {
          writer.append(item.name, sample.values);
          if (const auto label = label_of(job_.manifest.schema, sample)) ++finished.labels[*label];
          if (!sample.normalized.empty()) {
            meta.normalized.push_back(
                {item.name, sample.normalized, sample.source_file, sample.source_offset_bytes});
          }
        }
        progress_.add(1, writer.size_bytes() - before);
      });
  if (writer.sample_count() + meta.skipped.size() != shard.items.size()) {
    throw Error(ErrorCode::kInternal,
                fmt::format("{} of {} samples were written",
                            writer.sample_count() + meta.skipped.size(), shard.items.size()),
                shard.file);
  }
  finished.summary = writer.finish(meta);
  if (job_.source_files) {
    write_source_rows(job_.options.output, shard.file, finished.summary.hash, rows);
  }
  finished.skipped = std::move(meta.skipped);
  finished.normalized = std::move(meta.normalized);
  return finished;
}

// Why the shard's sources are not those it was packed from; empty where they are, with the rows as
// they are now. A file that is only younger is read: its bytes decide.
std::string Packer::why_stale(const PlannedShard& shard, std::vector<SourceRow>& rows) const {
  for (size_t i = 0; i < rows.size(); ++i) {
    throw_if_stopped();
    const uint64_t item = shard.items[i];
    const std::string& name = job_.items[item].name;
    SourceRow now = row_of(item);
    if (now.key != rows[i].key) return fmt::format("{} has another size or label now", name);
    now.content = rows[i].content;
    if (now.stamp != rows[i].stamp || job_.options.check_sources) {
      now.content = content_now(job_, item);
      if (now.content != rows[i].content || now.content == 0) {
        return fmt::format("{} has changed since", name);
      }
    }
    rows[i] = now;
  }
  return "";
}

// A shard found under its final name is whole unless the disk lied; it is verified to the last byte
// all the same, since its hash goes into the manifest.
std::optional<FinishedShard> Packer::find_finished(const PlannedShard& shard, bool* renewed) const {
  const fs::path path = job_.options.output / shard.file;
  if (!job_.options.resume || !fs::exists(path)) return std::nullopt;
  *renewed = true;
  ShardTask task;
  task.path = path;
  const ShardFindings found = verify_shard(task, nullptr, VerifyOptions{});
  if (found.opened && found.header.fingerprint != plan_.fingerprint) {
    throw Error(ErrorCode::kInvalidArgument,
                "was packed from other sources or with other options, which --resume cannot "
                "continue (--force starts over)",
                path.string());
  }
  std::string fault;
  if (!found.faults.empty()) {
    fault = describe(found.faults.front());
  } else if (found.header.shard_index != shard.shard_index ||
             found.header.shard_count != shard.shard_count ||
             found.file.samples + found.meta.skipped.size() != shard.items.size()) {
    fault = fmt::format("{}: is another shard of this plan", shard.file);
  } else if (!found.meta.skipped.empty() && !job_.options.skip_bad_samples) {
    fault = fmt::format("{}: left out samples, and --on-error skip is not given", shard.file);
  } else if (job_.source_files) {
    auto rows = read_source_rows(job_.options.output, shard.file, found.hash, shard.items.size());
    if (rows) {
      const std::vector<SourceRow> before = *rows;
      if (const std::string why = why_stale(shard, *rows); !why.empty()) {
        fault = fmt::format("{}: {}", shard.file, why);
      } else if (*rows != before) {
        write_source_rows(job_.options.output, shard.file, found.hash, *rows);
      }
    } else if (recorded_ || job_.options.check_sources) {
      fault = fmt::format("{}: there is no record of its sources", shard.file);
    } else {  // packed before there were records: as far as the plan tells, of these sources
      std::vector<SourceRow> now;
      for (const uint64_t item : shard.items)
        now.push_back(row_of(item));
      write_source_rows(job_.options.output, shard.file, found.hash, now);
    }
  }
  if (!fault.empty()) {
    spdlog::warn("{}; packing it again", fault);
    return std::nullopt;
  }
  FinishedShard finished;
  finished.summary = {shard.file, found.file.size_bytes, found.file.samples, found.hash};
  finished.skipped = found.meta.skipped;
  finished.normalized = found.meta.normalized;
  finished.labels = found.labels;
  finished.kept = true;
  progress_.add(shard.items.size(), finished.summary.size_bytes);
  return finished;
}

std::vector<const PlannedShard*> shards_of_part(const PackJob& job, const PackPlan& plan) {
  std::vector<const PlannedShard*> chosen;
  for (size_t i = 0; i < plan.shards.size(); ++i) {
    const bool mine =
        !job.options.part || i % job.options.part->count == job.options.part->index - 1;
    if (mine) chosen.push_back(&plan.shards[i]);
  }
  return chosen;
}

Manifest join(const PackJob& job, uint64_t fingerprint,
              const std::vector<const PlannedShard*>& planned,
              std::vector<FinishedShard> finished) {
  Manifest manifest = job.manifest;
  manifest.fingerprint = fingerprint;
  for (size_t i = 0; i < planned.size(); ++i) {
    const std::string& split = job.plan_options.splits[planned[i]->split];
    if (manifest.splits.empty() || manifest.splits.back().name != split) {
      manifest.splits.push_back({split, {}});
    }
    manifest.splits.back().shards.push_back(std::move(finished[i].summary));
    std::move(finished[i].skipped.begin(), finished[i].skipped.end(),
              std::back_inserter(manifest.skipped));
    std::move(finished[i].normalized.begin(), finished[i].normalized.end(),
              std::back_inserter(manifest.normalized));
  }
  return manifest;
}

constexpr size_t kNamedClasses = 10;

// What was planned and is now empty, by name.
void warn_of_empty(const PackJob& job, const std::vector<const PlannedShard*>& planned,
                   const std::vector<FinishedShard>& finished) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> items_and_samples;
  std::set<int64_t> used;
  for (size_t i = 0; i < planned.size(); ++i) {
    auto& [items, samples] = items_and_samples[job.plan_options.splits[planned[i]->split]];
    items += planned[i]->items.size();
    samples += finished[i].summary.sample_count;
    for (const auto& [label, count] : finished[i].labels)
      used.insert(label);
  }
  for (const auto& [split, counts] : items_and_samples) {
    if (counts.second > 0) continue;
    spdlog::warn("split '{}' is empty: each of its {} samples was skipped", split, counts.first);
  }
  std::vector<std::string> empty;
  for (size_t c = 0; c < job.manifest.class_names.size() && !used.empty(); ++c) {
    if (used.count(static_cast<int64_t>(c)) == 0) empty.push_back(job.manifest.class_names[c]);
  }
  if (empty.empty()) return;
  const size_t count = empty.size();
  empty.resize(std::min(count, kNamedClasses));
  spdlog::warn("{} of {} classes {} no sample: {}{}", count, job.manifest.class_names.size(),
               count == 1 ? "has" : "have", fmt::join(empty, ", "),
               count > kNamedClasses ? " ..." : "");
}

PackReport pack_locked(const PackJob& job) {
  const auto start = std::chrono::steady_clock::now();
  const fs::path& output = job.options.output;
  const bool recorded = has_plan_record(output);
  const bool continues = job.options.resume || (job.options.part && !job.options.force);
  const PackPlan plan = continues ? continued_plan(output, job) : job.plan;
  prepare_output(job, plan);
  if (job.source_files) write_plan_record(output, plan, job.items);

  const std::vector<const PlannedShard*> planned = shards_of_part(job, plan);
  uint64_t items = 0;
  for (const PlannedShard* shard : planned)
    items += shard->items.size();

  const auto threads = static_cast<size_t>(thread_count());
  const size_t in_flight =
      job.options.samples_in_flight > 0 ? job.options.samples_in_flight : kSlotsAThread * threads;
  // A shard for each thread, so that one's fsync overlaps the others' work; fewer where there are
  // fewer, or where samples are so large that only few may be in flight.
  const size_t shards_at_once =
      std::max<size_t>(1, std::min({threads, in_flight / 2, planned.size()}));
  const size_t slots = std::max<size_t>(1, in_flight / shards_at_once);

  Progress progress(job.manifest.tool, job.options.unit, items, job.options.quiet);
  Packer packer(job, plan, recorded, &progress);
  std::vector<FinishedShard> finished(planned.size());
  run_ordered(
      planned.size(), shards_at_once,
      [&](uint64_t i, size_t) {
        bool renewed = false;
        auto kept = packer.find_finished(*planned[i], &renewed);
        finished[i] = kept ? std::move(*kept) : packer.pack(*planned[i], slots);
        finished[i].renewed = renewed && !kept;
      },
      [](uint64_t, size_t) {});

  PackReport report;
  for (const FinishedShard& shard : finished) {
    report.samples += shard.summary.sample_count;
    if (shard.kept) ++report.shards_kept;
    if (shard.renewed) ++report.shards_renewed;
    if (!shard.kept) report.bytes += shard.summary.size_bytes;
  }
  if (items > 0 && report.samples == 0) {
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("no sample is left: each of the {} was skipped, for the reasons above", items),
        output.string());
  }
  if (!job.options.part) warn_of_empty(job, planned, finished);
  report.manifest = join(job, plan.fingerprint, planned, std::move(finished));
  if (job.options.part) {
    write_part_manifest(job.options.output, *job.options.part, plan, report.manifest);
  } else {
    write_manifest(job.options.output / kManifestName, report.manifest);
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace

void EncodedSample::clear() {
  values.clear();
  normalized.clear();
  source_file.clear();
  source_offset_bytes = 0;
  source_hash = 0;
}

PackReport run_pack(const PackJob& job) {
  make_folder(job.options.output);
  const FolderLock lock = lock_output(job);
  try {
    return pack_locked(job);
  } catch (...) {
    tidy_failed_output(job.options.output);
    throw;
  }
}

}  // namespace stoker
