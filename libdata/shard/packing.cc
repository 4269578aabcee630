#include "libdata/shard/packing.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/core/progress.h"
#include "libdata/shard/packing_folder.h"
#include "libdata/shard/packing_parts.h"
#include "libdata/shard/shard_packer.h"
#include "libdata/shard/source_record.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kSlotsAThread = 4;

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
  ShardPacker packer(job, plan, recorded, &progress);
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
