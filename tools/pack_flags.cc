#include "tools/pack_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/units.h"

namespace stoker {
namespace {

uint64_t estimated_bytes(const PackJob& job, const PlannedShard& shard) {
  uint64_t bytes = 0;
  for (const uint64_t item : shard.items)
    bytes += job.items[item].estimated_bytes;
  return bytes;
}

int report_plan(const PackJob& job) {
  uint64_t total = 0;
  for (const PlannedShard& shard : job.plan.shards) {
    const uint64_t bytes = estimated_bytes(job, shard);
    total += bytes;
    fmt::print("{}: {} samples, about {}\n", shard.file, shard.items.size(),
               format_byte_count(bytes));
  }
  fmt::print("{} samples, {} shards, about {}; {} notes on the sources. Nothing was written.\n",
             job.items.size(), job.plan.shards.size(), format_byte_count(total),
             job.manifest.notes.size());
  for (const SampleNote& note : job.manifest.notes) {
    fmt::print("note: {}: {}\n", note.name, note.reason);
  }
  return kExitDone;
}

nlohmann::ordered_json report_json(const PackReport& report, const PackFlags& flags) {
  nlohmann::ordered_json splits = nlohmann::ordered_json::array();
  for (const SplitEntry& split : report.manifest.splits) {
    splits.push_back(
        {{"name", split.name}, {"samples", split.sample_count()}, {"shards", split.shards.size()}});
  }
  return {{"output", flags.output},
          {"samples", report.samples},
          {"bytes_written", report.bytes},
          {"shards_kept", report.shards_kept},
          {"seconds", report.seconds},
          {"classes", report.manifest.class_names.size()},
          {"splits", splits},
          {"notes", report.manifest.notes.size()},
          {"skipped", report.manifest.skipped.size()},
          {"normalized", report.manifest.normalized.size()}};
}

void print_manifest_summary(const Manifest& manifest) {
  for (const SplitEntry& split : manifest.splits) {
    fmt::print("split {}: {} samples in {} shards\n", split.name, split.sample_count(),
               split.shards.size());
  }
  if (!manifest.class_names.empty()) fmt::print("{} classes\n", manifest.class_names.size());
  fmt::print("{} samples skipped, {} changed on the way in, {} notes on the sources\n",
             manifest.skipped.size(), manifest.normalized.size(), manifest.notes.size());
}

}  // namespace

void declare_pack_flags(CLI::App& app, PackFlags* flags) {
  static const std::map<std::string, PackOrder> kOrders{{"shuffled", PackOrder::kShuffled},
                                                        {"input", PackOrder::kInput}};
  static const std::map<std::string, bool> kOnError{{"stop", false}, {"skip", true}};
  app.add_option("--output", flags->output, "Folder of the packed data set")->required();
  app.add_option("--shard-size", flags->shard_size, "Target size of a shard");
  app.add_option(
         "--order", flags->order,
         "shuffled: by the seed, so that reading in sequence mixes classes; input: as in the "
         "source (spinning disks)")
      ->transform(CLI::CheckedTransformer(kOrders, CLI::ignore_case))
      ->default_str("shuffled");
  app.add_option("--seed", flags->seed, "Seed of the shuffle");
  app.add_option("--on-error", flags->skip_bad_samples,
                 "stop: a damaged sample ends the run; skip: it is left out and recorded")
      ->transform(CLI::CheckedTransformer(kOnError, CLI::ignore_case))
      ->default_str("stop");
  app.add_flag("--resume", flags->resume, "Keep shards that an interrupted run has finished");
  app.add_flag("--force", flags->force, "Replace a data set that is in the output folder");
  app.add_flag("--dry-run", flags->dry_run, "Say what would be packed, write nothing");
  app.add_option("--part", flags->part, "K/N: pack only every N-th shard, from the K-th");
  app.add_flag("--merge", flags->merge, "Join finished parts into one data set");
  app.add_option("--json", flags->json, "Write the report to this file");
}

PlanOptions plan_options(const PackFlags& flags) {
  PlanOptions options;
  options.shard_bytes = parse_byte_count(flags.shard_size);
  options.order = flags.order;
  options.seed = flags.seed;
  return options;
}

std::map<std::string, std::string> describe(const PackFlags& flags) {
  return {{"shard-size", std::to_string(parse_byte_count(flags.shard_size))},
          {"order", flags.order == PackOrder::kShuffled ? "shuffled" : "input"},
          {"seed", std::to_string(flags.seed)}};
}

int pack_and_report(PackJob& job, const PackFlags& flags, const CommonOptions& common,
                    const AddToReport& add_to_report) {
  if (flags.dry_run) return report_plan(job);
  job.options.output = flags.output;
  job.options.skip_bad_samples = flags.skip_bad_samples;
  job.options.resume = flags.resume;
  job.options.force = flags.force;
  job.options.quiet = common.quiet;
  if (!flags.part.empty()) job.options.part = parse_pack_part(flags.part);
  const PackReport report = run_pack(job);
  print_manifest_summary(report.manifest);
  fmt::print("wrote {} in {:.1f} s ({}/s, {:.0f} {}/s); {} shards kept from an earlier run\n",
             format_byte_count(report.bytes), report.seconds,
             format_byte_count(static_cast<uint64_t>(static_cast<double>(report.bytes) /
                                                     std::max(report.seconds, 1e-9))),
             static_cast<double>(report.samples) / std::max(report.seconds, 1e-9), job.options.unit,
             report.shards_kept);
  nlohmann::ordered_json json = report_json(report, flags);
  if (add_to_report) add_to_report(report, json);
  if (!flags.json.empty()) write_file_atomically(flags.json, json.dump(2) + "\n");
  return kExitDone;
}

int merge_and_report(const PackFlags& flags, const std::vector<std::string>& part_folders) {
  const Manifest manifest = merge_parts(flags.output, {part_folders.begin(), part_folders.end()});
  print_manifest_summary(manifest);
  return kExitDone;
}

}  // namespace stoker
