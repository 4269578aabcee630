#include "libdata/sample/conversion.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/folder_lock.h"
#include "libdata/core/parallel.h"
#include "libdata/core/progress.h"
#include "libdata/sample/source_record.h"
#include "libdata/sample/unit_converter.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kSlotsAThread = 4;
constexpr size_t kNamedClasses = 10;
constexpr uint64_t kWithoutLimit = uint64_t{1} << 62;

std::vector<const PlannedShard*> shards_of_part(const std::optional<PackPart>& part,
                                                const PackPlan& plan) {
  std::vector<const PlannedShard*> chosen;
  for (size_t i = 0; i < plan.shards.size(); ++i) {
    const bool mine = !part || i % part->count == part->index - 1;
    if (mine) chosen.push_back(&plan.shards[i]);
  }
  return chosen;
}

Manifest join(const Conversion& conversion, uint64_t fingerprint,
              const std::vector<const PlannedShard*>& planned,
              std::vector<FinishedShard> finished) {
  Manifest manifest = conversion.manifest();
  manifest.fingerprint = fingerprint;
  for (size_t i = 0; i < planned.size(); ++i) {
    const std::string& split = conversion.plan_options().splits[planned[i]->split];
    if (manifest.splits.empty() || manifest.splits.back().name != split) {
      manifest.splits.push_back({split, {}});
    }
    manifest.splits.back().shards.push_back(std::move(finished[i].summary));
    UnitNotes& notes = finished[i].notes;
    std::move(notes.skipped.begin(), notes.skipped.end(), std::back_inserter(manifest.skipped));
    std::move(notes.normalized.begin(), notes.normalized.end(),
              std::back_inserter(manifest.normalized));
  }
  return manifest;
}

// What was planned and is now empty, by name.
void warn_of_empty(const Conversion& conversion, const std::vector<const PlannedShard*>& planned,
                   const std::vector<FinishedShard>& finished) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> items_and_samples;
  std::set<int64_t> used;
  for (size_t i = 0; i < planned.size(); ++i) {
    auto& [items, samples] = items_and_samples[conversion.plan_options().splits[planned[i]->split]];
    items += planned[i]->items.size();
    samples += finished[i].summary.sample_count;
    for (const auto& [label, count] : finished[i].labels)
      used.insert(label);
  }
  for (const auto& [split, counts] : items_and_samples) {
    if (counts.second > 0) continue;
    spdlog::warn("split '{}' is empty: each of its {} samples was skipped", split, counts.first);
  }
  const std::vector<std::string>& class_names = conversion.manifest().class_names;
  std::vector<std::string> empty;
  for (size_t c = 0; c < class_names.size() && !used.empty(); ++c) {
    if (used.count(static_cast<int64_t>(c)) == 0) empty.push_back(class_names[c]);
  }
  if (empty.empty()) return;
  const size_t count = empty.size();
  empty.resize(std::min(count, kNamedClasses));
  spdlog::warn("{} of {} classes {} no sample: {}{}", count, class_names.size(),
               count == 1 ? "has" : "have", fmt::join(empty, ", "),
               count > kNamedClasses ? " ..." : "");
}

// Many shards at once, each with its own slots.
std::vector<FinishedShard> convert_shards(const Conversion& conversion,
                                          const ConvertOptions& options, UnitConverter& converter,
                                          const std::vector<const PlannedShard*>& planned) {
  const auto threads = static_cast<size_t>(thread_count());
  const size_t in_flight =
      options.samples_in_flight > 0 ? options.samples_in_flight : kSlotsAThread * threads;
  // A shard for each thread, so that one's fsync overlaps the others' work; fewer where there are
  // fewer, or where samples are so large that only few may be in flight.
  const bool in_order = conversion.reader().access() == SourceAccess::kInOrder;
  const size_t shards_at_once =
      in_order ? 1 : std::max<size_t>(1, std::min({threads, in_flight / 2, planned.size()}));
  const size_t slots = std::max<size_t>(1, in_flight / shards_at_once);
  std::vector<FinishedShard> finished(planned.size());
  run_ordered(
      planned.size(), shards_at_once,
      [&](uint64_t i, size_t) {
        bool renewed = false;
        auto kept = converter.find_finished(*planned[i], &renewed);
        finished[i] = kept ? std::move(*kept) : converter.convert(*planned[i], slots);
        finished[i].renewed = renewed && !kept;
      },
      [](uint64_t, size_t) {});
  return finished;
}

PackReport sum_up(const std::vector<FinishedShard>& finished) {
  PackReport report;
  for (const FinishedShard& shard : finished) {
    report.samples += shard.summary.sample_count;
    if (shard.kept) ++report.shards_kept;
    if (shard.renewed) ++report.shards_renewed;
    if (!shard.kept) report.bytes += shard.summary.size_bytes;
  }
  return report;
}

PackReport convert_locked(const Conversion& conversion, const ConvertOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  SampleOutput& output = conversion.output();
  const bool recorded = has_plan_record(output.folder());
  const bool continues = options.resume || (options.part && !options.force);
  const PackPlan plan = continues ? continued_plan(conversion) : conversion.plan();
  const OutputRun run{plan,         conversion.manifest(), conversion.plan_options().splits,
                      options.part, options.resume,        options.force};
  output.prepare(run);
  if (conversion.reader().tells_changes()) {
    write_plan_record(output.folder(), plan, conversion.items());
  }
  const std::vector<const PlannedShard*> planned = shards_of_part(options.part, plan);
  uint64_t items = 0;
  for (const PlannedShard* shard : planned)
    items += shard->items.size();
  Progress progress(conversion.manifest().tool, options.unit, items, options.quiet);
  UnitConverter converter(conversion, options, run, recorded, &progress);
  std::vector<FinishedShard> finished = convert_shards(conversion, options, converter, planned);

  PackReport report = sum_up(finished);
  if (items > 0 && report.samples == 0) {
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("no sample is left: each of the {} was skipped, for the reasons above", items),
        output.folder().string());
  }
  if (!options.part) warn_of_empty(conversion, planned, finished);
  report.manifest = join(conversion, plan.fingerprint, planned, std::move(finished));
  output.complete(report.manifest, run);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

// For itself or, as a part, with other parts. InvalidArgument where another program is at work.
FolderLock lock_output(const Conversion& conversion, const std::optional<PackPart>& part) {
  const fs::path& folder = conversion.output().folder();
  const std::string& tool = conversion.manifest().tool;
  if (!part) return FolderLock(folder, tool);
  return FolderLock(folder, fmt::format("{}, part {}/{}", tool, part->index, part->count),
                    FolderLock::Sharing::kShared);
}

// Classes are numbered by all of their names: those enter the fingerprint, where there are labels.
bool has_class_labels(const Schema& schema) {
  const auto field = schema.find("label");
  return field && schema.fields[*field].storage == Storage::kInline &&
         schema.fields[*field].dtype == DType::kInt32;
}

// Splits are packed one after another.
void refuse_other_order(const PackPlan& plan) {
  std::vector<uint64_t> order;
  for (const PlannedShard& shard : plan.shards)
    order.insert(order.end(), shard.items.begin(), shard.items.end());
  if (std::is_sorted(order.begin(), order.end())) return;
  throw Error(ErrorCode::kInvalidArgument,
              "this source can be read in its own order only, in which its splits are mixed: "
              "convert them one at a time");
}

}  // namespace

Conversion::Conversion(const SourceReader& reader, std::vector<const SampleTransform*> transforms,
                       SampleOutput& output, const ConversionNames& names, PlanOptions plan)
    : reader_(reader),
      transforms_(std::move(transforms)),
      output_(output),
      items_(reader.items()),
      plan_options_(std::move(plan)) {
  if (reader.access() == SourceAccess::kInOrder && plan_options_.order != PackOrder::kInput) {
    throw Error(ErrorCode::kInvalidArgument,
                "this source can be read in its own order only: give --order input");
  }
  if (output.one_unit_a_split()) plan_options_.shard_bytes = kWithoutLimit;
  manifest_.tool = names.tool;
  manifest_.tool_version = names.tool_version;
  manifest_.options = names.options;
  manifest_.schema = reader.schema();
  for (const SampleTransform* transform : transforms_) {
    manifest_.schema = transform->schema();
    manifest_.options.merge(transform->describe());
    for (PlannedItem& item : items_)
      item.estimated_bytes = transform->estimate(item);
  }
  output.refuse(manifest_.schema);
  manifest_.class_names = reader.facts().class_names;
  manifest_.sources = reader.facts().sources;
  manifest_.notes = reader.facts().notes;
  std::map<std::string, std::string> shaping = manifest_.options;
  if (has_class_labels(manifest_.schema)) {
    shaping["classes"] = fmt::format("{}", fmt::join(manifest_.class_names, "\t"));
  }
  plan_ = plan_pack(items_, plan_options_,
                    plan_text(output.plan_heading(), plan_options_, manifest_.schema, shaping),
                    naming_of(output));
  if (reader.access() == SourceAccess::kInOrder) refuse_other_order(plan_);
}

void Conversion::read_sample(uint64_t item, Sample& sample) const {
  sample.clear();
  sample.item = item;
  sample.name = items_[item].name;
  reader_.read(sample);
}

void Conversion::transform_sample(Sample& sample) const {
  for (const SampleTransform* transform : transforms_)
    transform->apply(sample);
  output_.encode(manifest_.schema, sample);
}

void Conversion::make_sample(uint64_t item, Sample& sample) const {
  read_sample(item, sample);
  transform_sample(sample);
}

PackReport convert(const Conversion& conversion, const ConvertOptions& options) {
  const fs::path& folder = conversion.output().folder();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw system_error("create folder", folder.string(), error.value());
  const FolderLock lock = lock_output(conversion, options.part);
  try {
    return convert_locked(conversion, options);
  } catch (...) {
    // Where not one shard was finished, the folder knows nothing worth keeping.
    try {
      if (!conversion.output().holds_anything()) remove_records(folder);
    } catch (const std::exception&) {  // what went wrong before is what will be told
    }
    throw;
  }
}

}  // namespace stoker
