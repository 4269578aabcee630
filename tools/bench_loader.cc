// bench-loader: how fast a packed data set becomes batches on this machine, and where time goes.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/choice_option.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/parallel.h"
#include "libdata/core/program.h"
#include "libdata/core/stop.h"
#include "libdata/loader/image_loader.h"
#include "libdata/shard/joined_split.h"
#include "tools/memcpy_peer.h"

namespace stoker {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::vector<std::string> datasets;
  std::string split;
  std::optional<bool> check_hashes;
  std::string json;
  bool evaluation = false;
  int epochs = 3;
  int warm_up = 1;
  uint64_t most_batches = 0;
  ImageLoaderOptions loader;
};

struct EpochFigures {
  double seconds = 0;
  double cpu_seconds = 0;
  uint64_t images = 0;
  uint64_t stored_bytes = 0;
  uint64_t delivered_bytes = 0;
  std::vector<double> batch_seconds;  // from one batch to the next
  StageTimes stages;

  double rate() const { return static_cast<double>(images) / seconds; }
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds_so_far() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A line of /proc/self/status, in bytes: "VmHWM" is the peak of resident memory, pages of the
// mapped shards included; "RssAnon" is memory of the program's own, now.
uint64_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::stoull(line.substr(key.size() + 1)) * 1024;
  return 0;
}

StageTimes difference(const StageTimes& now, const StageTimes& before) {
  return {now.read - before.read,
          now.decode - before.decode,
          now.augment - before.augment,
          now.idle - before.idle,
          now.wait - before.wait,
          now.samples - before.samples,
          now.stored_bytes - before.stored_bytes};
}

EpochFigures run_epoch(ImageLoader& loader, uint64_t epoch, uint64_t most_batches) {
  EpochFigures figures;
  const StageTimes stages_before = loader.times();
  const double cpu_before = cpu_seconds_so_far();
  const auto start = Clock::now();
  auto last = start;
  loader.start_epoch(epoch);
  while (most_batches == 0 || figures.batch_seconds.size() < most_batches) {
    throw_if_stopped();
    const std::optional<BatchLease> batch = loader.next();
    if (!batch) break;
    const auto now = Clock::now();
    figures.batch_seconds.push_back(std::chrono::duration<double>(now - last).count());
    last = now;
    figures.images += static_cast<uint64_t>((*batch)->count);
    figures.delivered_bytes += (*batch)->pixels.size();
  }
  figures.seconds = seconds_since(start);
  figures.cpu_seconds = cpu_seconds_so_far() - cpu_before;
  figures.stages = difference(loader.times(), stages_before);
  figures.stored_bytes = figures.stages.stored_bytes;
  return figures;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<size_t>(share * static_cast<double>(values.size())))];
}

nlohmann::ordered_json stages_json(const StageTimes& stages) {
  return {{"read", stages.read},
          {"decode", stages.decode},
          {"augment", stages.augment},
          {"idle", stages.idle},
          {"wait", stages.wait}};
}

nlohmann::ordered_json figures_json(const Options& options, int threads,
                                    const std::vector<EpochFigures>& epochs) {
  std::vector<double> rates;
  std::vector<double> latencies;
  for (const EpochFigures& epoch : epochs) {
    rates.push_back(epoch.rate());
    latencies.insert(latencies.end(), epoch.batch_seconds.begin(), epoch.batch_seconds.end());
  }
  const double rate = percentile(rates, 0.5);
  const auto median = std::find_if(epochs.begin(), epochs.end(),
                                   [&](const EpochFigures& epoch) { return epoch.rate() == rate; });
  const double megabyte = 1e6 * median->seconds;
  return {
      {"dataset", fmt::format("{}", fmt::join(options.datasets, ", "))},
      {"mode", options.loader.delivery == Delivery::kRagged ? "device" : "cpu"},
      {"threads", threads},
      {"batch_size", options.loader.batch_size},
      {"crop", options.loader.crop},
      {"images", median->images},
      {"images_per_second", rate},
      {"images_per_second_all", rates},
      {"stored_megabytes_per_second", static_cast<double>(median->stored_bytes) / megabyte},
      {"delivered_megabytes_per_second", static_cast<double>(median->delivered_bytes) / megabyte},
      {"cpu_seconds_per_1000_images",
       median->cpu_seconds * 1000 / static_cast<double>(median->images)},
      {"stage_seconds", stages_json(median->stages)},
      {"batch_seconds_p50", percentile(latencies, 0.5)},
      {"batch_seconds_p99", percentile(latencies, 0.99)}};
}

void print_report(const nlohmann::ordered_json& report) {
  for (const auto& [key, value] : report.items()) {
    if (value.is_object()) {
      std::string parts;
      for (const auto& [name, seconds] : value.items())
        parts += fmt::format(" {} {:.3f}", name, seconds.get<double>());
      fmt::print("{:32}{}\n", key, parts);
    } else if (value.is_number_float()) {
      fmt::print("{:32} {:.6g}\n", key, value.get<double>());
    } else {
      fmt::print("{:32} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
}

void declare(CLI::App& app, Options* o) {
  begin_options(app, "Data");
  app.add_option("dataset", o->datasets, "Folders of packed image data sets, joined")
      ->required()
      ->type_name("DIR");
  app.add_option("--split", o->split, "Default: the only one, or train")->type_name("NAME");
  add_choice(app, "--order", o->loader.order,
             {{"random", SampleOrder::kRandom},
              {"window", SampleOrder::kWindow},
              {"sequential", SampleOrder::kSequential}},
             "Order of samples in an epoch");
  app.add_option("--window", o->loader.window_samples, "Samples a shuffle window holds");
  app.add_option("--seed", o->loader.seed, "Of order and crops");
  add_choice(app, "--on-error", o->loader.on_error,
             {{"stop", OnError::kStop}, {"skip", OnError::kSkip}},
             "A damaged sample ends the run, or is left out and counted");
  add_switch(app, "--check-hashes", o->check_hashes,
             "Compare what is read with its hash; default: what is decoded, not raw pixels");
  begin_options(app, "Batches");
  add_choice(app, "--mode", o->loader.delivery,
             {{"cpu", Delivery::kCrops}, {"device", Delivery::kRagged}},
             "cpu: crop, resize, flip here; device: hand over stored pixels, ragged");
  app.add_option("--batch-size", o->loader.batch_size, "Images a batch")
      ->check(CLI::Range(1, 65536));
  app.add_option("--crop", o->loader.crop, "Side of the crop, in pixels")
      ->check(CLI::Range(1, 4096));
  add_choice(app, "--channels", o->loader.channels, {{"1", Channels::kGray}, {"3", Channels::kRgb}},
             "Gray or colour");
  app.add_flag("--eval", o->evaluation, "Resize and centre crop in place of a random crop");
  app.add_flag("--fast-scale", o->loader.fast_scale,
               "Decode at 1/2, 1/4 or 1/8 where the crop is twice the target or more");
  begin_options(app, "Measuring");
  app.add_option("--epochs", o->epochs, "Epochs to time; the median is reported")
      ->check(CLI::Range(1, 10000));
  app.add_option("--warm-up", o->warm_up, "Epochs to run before, untimed")
      ->check(CLI::Range(0, 1000));
  app.add_option("--batches", o->most_batches, "Stop each epoch after so many batches; 0: never");
  add_choice(app, "--io", o->loader.io,
             {{"mmap", IoMode::kMmap}, {"pread", IoMode::kPread}, {"direct", IoMode::kDirect}},
             "How shards are read; pread: network disks; direct: past the page cache");
  app.add_option("--batches-in-flight", o->loader.batches_in_flight, "Buffers of the ring")
      ->check(CLI::Range(2, 1024));
  app.add_flag("--full-decode", o->loader.ablation.full_decode,
               "For comparison: decode every JPEG whole");
  app.add_flag("--opencv-resize", o->loader.ablation.opencv_resize,
               "For comparison: resize by OpenCV's INTER_AREA");
  app.add_option("--json", o->json, "Write the report to this file as well")->type_name("FILE");
}

JoinedSplit open_datasets(const Options& options) {
  std::deque<PackedDataset> sets;
  std::vector<ChosenSplit> chosen;
  for (const std::string& folder : options.datasets) {
    PackedDataset& set = sets.emplace_back(folder);
    chosen.push_back({&set, &set.split(options.split)});
  }
  JoinedSplit joined = join_splits(chosen);
  for (const std::string& note : joined.notes)
    spdlog::warn("{}", note);
  if (options.loader.io != IoMode::kMmap) joined.split.hold_index();
  return joined;
}

int run(const CommonOptions& common, Options options) {
  const auto start = Clock::now();
  const JoinedSplit data = open_datasets(options);
  const PackedSplit& split = data.split;
  const double opened = seconds_since(start);
  ImageLoaderOptions& loader_options = options.loader;
  loader_options.threads = common.threads > 0 ? common.threads : thread_count();
  loader_options.training = !options.evaluation;
  loader_options.check_hashes = HashCheck::asked(options.check_hashes);
  if (split.sample_count() == 0)
    throw Error(ErrorCode::kCorrupt, "expected samples, found an empty split", data.where);

  ImageLoader loader(split, data.schema, loader_options);
  loader.start_epoch(0);
  loader.next();
  const double first_batch = seconds_since(start);
  std::vector<EpochFigures> epochs;
  std::optional<MemcpyPeer> copying;  // in turns with the loader: both see the same machine
  const bool on_device = loader_options.delivery == Delivery::kRagged;
  if (on_device) copying.emplace(loader_options.threads);
  for (int epoch = 0; epoch < options.warm_up + options.epochs; ++epoch) {
    if (copying && epoch >= options.warm_up) copying->run_round();
    EpochFigures figures = run_epoch(loader, static_cast<uint64_t>(epoch), options.most_batches);
    if (epoch >= options.warm_up) epochs.push_back(std::move(figures));
  }

  nlohmann::ordered_json report = figures_json(options, loader_options.threads, epochs);
  report["open_seconds"] = opened;
  report["first_batch_seconds"] = first_batch;
  report["buffer_bytes"] = loader.buffer_bytes();
  const uint64_t peer_bytes = copying ? copying->memory_bytes() : 0;  // not the loader's
  report["peak_resident_bytes"] = status_bytes("VmHWM") - peer_bytes;
  report["own_memory_bytes"] = status_bytes("RssAnon") - peer_bytes;
  report["skipped"] = loader.skipped().size();
  if (copying) {
    const double bandwidth = copying->median_bytes_per_second() / 1e6;
    report["memcpy_megabytes_per_second"] = bandwidth;
    report["share_of_memcpy"] = report["delivered_megabytes_per_second"].get<double>() / bandwidth;
  }
  print_report(report);
  if (!options.json.empty()) {
    using Json = nlohmann::ordered_json;
    write_file_atomically(options.json,
                          report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  return kExitDone;
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv, {"bench-loader", "Measures how fast a packed image data set becomes batches."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions& common) { return stoker::run(common, options); });
}
