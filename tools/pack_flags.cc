#include "tools/pack_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "libdata/core/choice_option.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/units.h"
#include "libdata/shard/packing_merge.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

uint64_t estimated_bytes(const Conversion& conversion, const PlannedShard& shard) {
  uint64_t bytes = 0;
  for (const uint64_t item : shard.items)
    bytes += conversion.items()[item].estimated_bytes;
  return bytes;
}

int report_plan(const Conversion& conversion) {
  uint64_t total = 0;
  for (const PlannedShard& shard : conversion.plan().shards) {
    const uint64_t bytes = estimated_bytes(conversion, shard);
    total += bytes;
    fmt::print("{}: {}, about {}\n", shard.file, counted(shard.items.size(), "sample"),
               format_byte_count(bytes));
  }
  fmt::print("{}, {}, about {}; {} on the sources. Nothing was written.\n",
             counted(conversion.items().size(), "sample"),
             counted(conversion.plan().shards.size(), "shard"), format_byte_count(total),
             counted(conversion.manifest().notes.size(), "note"));
  for (const SampleNote& note : conversion.manifest().notes) {
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
          {"shards_packed_again", report.shards_renewed},
          {"seconds", report.seconds},
          {"classes", report.manifest.class_names.size()},
          {"splits", splits},
          {"notes", report.manifest.notes.size()},
          {"skipped", report.manifest.skipped.size()},
          {"normalized", report.manifest.normalized.size()}};
}

std::string renewed(const PackReport& report) {
  if (report.shards_renewed == 0) return "";
  return fmt::format(", {} packed again (stderr says why)",
                     counted(report.shards_renewed, "shard"));
}

void print_manifest_summary(const Manifest& manifest) {
  for (const SplitEntry& split : manifest.splits) {
    fmt::print("split {}: {} in {}\n", split.name, counted(split.sample_count(), "sample"),
               counted(split.shards.size(), "shard"));
  }
  if (!manifest.class_names.empty()) {
    fmt::print("{}\n", counted(manifest.class_names.size(), "class"));
  }
  fmt::print("{} skipped, {} changed on the way in, {} on the sources\n",
             counted(manifest.skipped.size(), "sample"), manifest.normalized.size(),
             counted(manifest.notes.size(), "note"));
}

}  // namespace

void declare_pack_flags(CLI::App& app, PackFlags* flags) {
  begin_options(app, "Output");
  app.add_option("--output", flags->output, "Folder of the packed data set")
      ->required()
      ->type_name("DIR");
  app.add_option("--shard-size", flags->shard_size, "Target size of a shard")->type_name("SIZE");
  add_choice(app, "--order", flags->order,
             {{"shuffled", PackOrder::kShuffled}, {"input", PackOrder::kInput}},
             "shuffled: reading in sequence mixes classes; input: as in the source");
  app.add_option("--seed", flags->seed, "Seed of the shuffle");
  app.add_option("--json", flags->json, "Write the report to this file")->type_name("FILE");
  begin_options(app, "Damage and interruption");
  add_choice(app, "--on-error", flags->skip_bad_samples, {{"stop", false}, {"skip", true}},
             "A damaged sample ends the run, or is left out and recorded");
  app.add_flag("--resume", flags->resume, "Keep shards that an interrupted run has finished");
  app.add_flag("--check-sources", flags->check_sources,
               "With --resume: compare the bytes of sources with what was packed, not only size "
               "and time");
  app.add_flag("--force", flags->force, "Replace a data set that is in the output folder");
  begin_options(app, "Parts of the work");
  app.add_flag("--dry-run", flags->dry_run, "Say what would be packed, write nothing");
  app.add_option("--part", flags->part, "Pack only every N-th shard, from the K-th")
      ->type_name("K/N");
  app.add_flag("--merge", flags->merge, "Join finished parts into one data set");
}

namespace {

// Whether `inner` is `outer` or lies below it, both without links.
bool is_within(const fs::path& inner, const fs::path& outer) {
  const auto [rest, unused] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return rest == outer.end();
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(fs::absolute(path), error);
  if (error) canonical = fs::absolute(path).lexically_normal();
  return canonical.has_filename() ? canonical : canonical.parent_path();
}

void refuse_nested(const std::string& output, const std::string& input) {
  if (!fs::is_directory(input)) return;
  const fs::path to = resolved(output);
  const fs::path from = resolved(input);
  if (is_within(to, from)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the output folder {} --input {}: what is packed would be taken for "
                            "sources the next time; choose a folder beside it",
                            to == from ? "is" : "lies in", input),
                output);
  }
  if (is_within(from, to)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--input {} lies in the output folder, which is to hold a packed data "
                            "set and nothing else; choose a folder beside it",
                            input),
                output);
  }
}

// The folder, or the nearest above it that is there, takes new files.
void check_output_folder(const std::string& output) {
  fs::path place = resolved(output);
  while (!fs::exists(place) && place.has_relative_path())
    place = place.parent_path();
  if (!fs::is_directory(place)) {
    throw Error(ErrorCode::kInvalidArgument, "expected a folder for --output, this is a file",
                place.string());
  }
  check_can_write(place / ".stoker.try");
}

}  // namespace

void check_places(const PackFlags& flags, const std::vector<std::string>& inputs) {
  if (!flags.part.empty()) parse_pack_part(flags.part);
  if (flags.output.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "expected a folder after --output, found nothing");
  }
  for (const std::string& input : inputs)
    refuse_nested(flags.output, input);
  if (flags.check_sources && !flags.resume) {
    throw Error(ErrorCode::kInvalidArgument, "--check-sources goes with --resume");
  }
  if (flags.dry_run) return;
  check_output_folder(flags.output);
  if (!flags.json.empty()) check_can_write(flags.json);
}

PlanOptions plan_options(const PackFlags& flags, const SourceReader& reader) {
  PlanOptions options;
  options.splits = reader.facts().splits;
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

int convert_and_report(const Conversion& conversion, ConvertOptions options, const PackFlags& flags,
                       const CommonOptions& common, const AddToReport& add_to_report) {
  if (flags.dry_run) return report_plan(conversion);
  options.skip_bad_samples = flags.skip_bad_samples;
  options.resume = flags.resume;
  options.check_sources = flags.check_sources;
  options.force = flags.force;
  options.quiet = common.quiet;
  if (!flags.part.empty()) options.part = parse_pack_part(flags.part);
  const PackReport report = convert(conversion, options);
  print_manifest_summary(report.manifest);
  fmt::print("wrote {} in {:.1f} s ({}/s, {:.0f} {}/s); {} kept from an earlier run{}\n",
             format_byte_count(report.bytes), report.seconds,
             format_byte_count(static_cast<uint64_t>(static_cast<double>(report.bytes) /
                                                     std::max(report.seconds, 1e-9))),
             static_cast<double>(report.samples) / std::max(report.seconds, 1e-9), options.unit,
             counted(report.shards_kept, "shard"), renewed(report));
  nlohmann::ordered_json json = report_json(report, flags);
  if (add_to_report) add_to_report(report, json);
  if (!flags.json.empty()) {
    // Names need not be UTF-8; JSON must be.
    using Json = nlohmann::ordered_json;
    write_file_atomically(flags.json,
                          json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  return kExitDone;
}

int merge_and_report(const PackFlags& flags, const std::vector<std::string>& part_folders) {
  const MergeMode mode = flags.dry_run ? MergeMode::kDryRun : MergeMode::kWrite;
  const Manifest manifest =
      merge_parts(flags.output, {part_folders.begin(), part_folders.end()}, mode);
  print_manifest_summary(manifest);
  if (flags.dry_run) fmt::print("The parts can be merged. Nothing was written or removed.\n");
  return kExitDone;
}

}  // namespace stoker
