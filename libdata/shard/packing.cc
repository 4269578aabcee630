#include "libdata/shard/packing.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <regex>
#include <set>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/core/progress.h"
#include "libdata/shard/packing_parts.h"
#include "libdata/shard/shard_verification.h"

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
  bool kept = false;
};

// One slot of the pipeline: what encode left for the writer.
struct Slot {
  EncodedSample sample;
  std::optional<Error> error;
};

SampleNote note_of(const PlannedItem& item, const EncodedSample& sample,
                   const std::string& reason) {
  return {item.name, reason, sample.source_file, sample.source_offset_bytes};
}

bool is_about_the_data(const Error& error) {
  return error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported;
}

class Packer {
 public:
  Packer(const PackJob& job, Progress* progress) : job_(job), progress_(*progress) {}

  FinishedShard pack(const PlannedShard& shard, size_t slots) const;
  std::optional<FinishedShard> find_finished(const PlannedShard& shard) const;

 private:
  void encode(uint64_t item, Slot* slot) const;

  const PackJob& job_;
  Progress& progress_;
};

void Packer::encode(uint64_t item, Slot* slot) const {
  slot->error.reset();
  slot->sample.clear();
  try {
    job_.encode(item, slot->sample);
    for (size_t f = 0; f < slot->sample.values.size(); ++f) {
      FieldValue& value = slot->sample.values[f];
      if (job_.manifest.schema.fields[f].storage == Storage::kBlob) {
        value.hash = xxh3_64(value.bytes);  // here, in parallel, and not in the writing stage
      }
    }
  } catch (const Error& error) {
    if (!is_about_the_data(error)) throw;
    const Error placed(error.code(), fmt::format("{}: {}", job_.items[item].name, error.message()),
                       error.path(), error.offset_bytes());
    if (!job_.options.skip_bad_samples) {
      throw Error(placed.code(),
                  placed.message() + " (--on-error skip leaves it out and records it)",
                  placed.path(), placed.offset_bytes());
    }
    slot->error = error;
  }
}

FinishedShard Packer::pack(const PlannedShard& shard, size_t slots) const {
  ShardHeader header;
  header.fingerprint = job_.plan.fingerprint;
  header.shard_index = shard.shard_index;
  header.shard_count = shard.shard_count;
  header.alignment_bytes = job_.options.alignment_bytes;
  ShardWriter writer(job_.options.output / shard.file, header, job_.manifest.schema);
  ShardMeta meta;
  meta.split = job_.plan_options.splits[shard.split];
  meta.class_names = job_.manifest.class_names;
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
        if (ring[slot].error) {
          meta.skipped.push_back(note_of(item, sample, ring[slot].error->message()));
          spdlog::warn("skipped {}: {}", item.name, ring[slot].error->what());
        } else {
          writer.append(item.name, sample.values);
          if (!sample.normalized.empty()) {
            meta.normalized.push_back(note_of(item, sample, sample.normalized));
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
  FinishedShard finished;
  finished.summary = writer.finish(meta);
  finished.skipped = std::move(meta.skipped);
  finished.normalized = std::move(meta.normalized);
  return finished;
}

// A shard found under its final name is whole unless the disk lied; it is verified to the last byte
// all the same, since its hash goes into the manifest.
std::optional<FinishedShard> Packer::find_finished(const PlannedShard& shard) const {
  const fs::path path = job_.options.output / shard.file;
  if (!job_.options.resume || !fs::exists(path)) return std::nullopt;
  ShardTask task;
  task.path = path;
  const ShardFindings found = verify_shard(task, nullptr, VerifyOptions{});
  if (found.opened && found.header.fingerprint != job_.plan.fingerprint) {
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
  }
  if (!fault.empty()) {
    spdlog::warn("{}; packing it again", fault);
    return std::nullopt;
  }
  FinishedShard finished;
  finished.summary = {shard.file, found.file.size_bytes, found.file.samples, found.hash};
  finished.skipped = found.meta.skipped;
  finished.normalized = found.meta.normalized;
  finished.kept = true;
  progress_.add(shard.items.size(), finished.summary.size_bytes);
  return finished;
}

// Removes a data set that --force replaces: our own files only.
void remove_data_set(const fs::path& folder) {
  static const std::regex ours(
      R"((dataset\.json|part-\d+-of-\d+\.json|.+-\d{5,}-of-\d{5,}\.stk)(\.tmp)?)");
  // The manifest goes first: without it nobody takes the rest for a data set.
  fs::remove(folder / kManifestName);
  for (const fs::path& path : list_files(folder)) {
    if (std::regex_match(path.filename().string(), ours)) fs::remove(path);
  }
}

// Shards and manifests of another plan would be mixed up with this one's, or lost. (A shard of the
// same name is looked at when its turn comes.)
void refuse_other_plans(const PackJob& job) {
  std::set<std::string> planned;
  for (const PlannedShard& shard : job.plan.shards)
    planned.insert(shard.file);
  const auto refuse = [](const fs::path& path) {
    throw Error(ErrorCode::kInvalidArgument,
                "belongs to a data set of other sources or options in the output folder (--force "
                "starts over)",
                path.string());
  };
  for (const fs::path& path : list_files(job.options.output)) {
    const std::string name = path.filename().string();
    if (path.extension() == ".stk" && planned.count(name) == 0) refuse(path);
    if (name != kManifestName && !is_part_manifest(name)) continue;
    try {
      if (read_manifest(path).fingerprint != job.plan.fingerprint) refuse(path);
    } catch (const Error& error) {
      if (!is_about_the_data(error)) throw;  // a damaged manifest is written anew
    }
  }
}

void prepare_output(const PackJob& job) {
  const fs::path& folder = job.options.output;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw system_error("create folder", folder.string(), error.value());
  if (job.options.force) {
    // Other parts may be at work in the same folder; this one's own shards are replaced one by one.
    if (job.options.part) fs::remove(folder / kManifestName);
    if (!job.options.part) remove_data_set(folder);
    return;
  }
  refuse_other_plans(job);
  if (job.options.resume) return;
  for (const fs::path& path : list_files(folder)) {
    const bool part_of_another_job = job.options.part && path.extension() != ".json";
    const bool ours = path.extension() == ".stk" || path.filename() == kManifestName;
    if (ours && !part_of_another_job) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the output folder already holds a packed data set; --resume continues an "
                  "interrupted run, --force starts over",
                  path.string());
    }
  }
}

std::vector<const PlannedShard*> shards_of_part(const PackJob& job) {
  std::vector<const PlannedShard*> chosen;
  for (size_t i = 0; i < job.plan.shards.size(); ++i) {
    const bool mine =
        !job.options.part || i % job.options.part->count == job.options.part->index - 1;
    if (mine) chosen.push_back(&job.plan.shards[i]);
  }
  return chosen;
}

Manifest join(const PackJob& job, const std::vector<const PlannedShard*>& planned,
              std::vector<FinishedShard> finished) {
  Manifest manifest = job.manifest;
  manifest.fingerprint = job.plan.fingerprint;
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

}  // namespace

void EncodedSample::clear() {
  values.clear();
  normalized.clear();
  source_file.clear();
  source_offset_bytes = 0;
}

PackReport run_pack(const PackJob& job) {
  const auto start = std::chrono::steady_clock::now();
  prepare_output(job);
  const std::vector<const PlannedShard*> planned = shards_of_part(job);
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
  const Packer packer(job, &progress);
  std::vector<FinishedShard> finished(planned.size());
  run_ordered(
      planned.size(), shards_at_once,
      [&](uint64_t i, size_t) {
        auto kept = packer.find_finished(*planned[i]);
        finished[i] = kept ? std::move(*kept) : packer.pack(*planned[i], slots);
      },
      [](uint64_t, size_t) {});

  PackReport report;
  for (const FinishedShard& shard : finished) {
    report.samples += shard.summary.sample_count;
    if (shard.kept) ++report.shards_kept;
    if (!shard.kept) report.bytes += shard.summary.size_bytes;
  }
  report.manifest = join(job, planned, std::move(finished));
  if (job.options.part) {
    write_part_manifest(job.options.output, *job.options.part, job.plan, report.manifest);
  } else {
    write_manifest(job.options.output / kManifestName, report.manifest);
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace stoker
