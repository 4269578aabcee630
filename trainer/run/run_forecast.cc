#include "trainer/run/run_forecast.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "libdata/core/files.h"
#include "libdata/core/units.h"
#include "trainer/run/available_memory.h"
#include "trainer/run/run_plan.h"

namespace stoker {
namespace {

std::string line(const std::string& what, const std::string& value) {
  return fmt::format("{:<18}{}\n", what, value);
}

// A rate at which nothing diverges: only the time counts.
double harmless_rate(const TrainOptions& options) {
  return 1e-4 * options.optimizer.lr;
}

constexpr uint64_t kLaterSteps = 8;
constexpr double kLaterSeconds = 20.0;  // for all phases but the first together

std::vector<PhaseForecast> forecast_phases(Task& task, TrainStep& step, const TrainOptions& options,
                                           const Probe& first) {
  const std::vector<CropPhase> phases = crop_phases(options);
  const auto epochs = static_cast<uint64_t>(options.run.epochs);
  const ProbeLimits limits{kLaterSteps, kLaterSeconds / static_cast<double>(phases.size())};
  const double rate = harmless_rate(options);
  std::vector<PhaseForecast> forecasts;
  for (size_t i = 0; i < phases.size(); ++i) {
    const uint64_t begin = phases[i].first_epoch;
    const uint64_t end = i + 1 < phases.size() ? phases[i + 1].first_epoch : epochs;
    const uint64_t batches = task.feed->batches_from(begin, 0);
    PhaseForecast forecast{phases[i], end - begin, steps_of(batches, options.step)};
    forecast.seconds_per_batch =
        i == 0 ? first.seconds_per_step
               : probe_steps(
                     task, step, limits, [rate](uint64_t) { return rate; }, begin)
                     .seconds_per_step;
    forecast.epoch_seconds = static_cast<double>(batches) * forecast.seconds_per_batch;
    forecasts.push_back(forecast);
  }
  return forecasts;
}

// "312", or of several phases "312, 417, 625".
std::string steps_per_epoch(const RunForecast& forecast) {
  std::string text;
  for (const PhaseForecast& phase : forecast.phases)
    text += (text.empty() ? "" : ", ") + fmt::format("{}", phase.steps_per_epoch);
  return text;
}

}  // namespace

RunForecast forecast_run(Task& task, TrainStep& step, const TrainOptions& options,
                         const MemoryEstimate& memory, const Probe& probe) {
  RunForecast forecast;
  forecast.epochs = static_cast<uint64_t>(options.run.epochs);
  forecast.steps = plan_run(task, options).total_steps();
  forecast.phases = forecast_phases(task, step, options, probe);
  forecast.memory = memory;
  forecast.available = available_memory().value_or(0);
  forecast.peak_resident = peak_resident_bytes();
  forecast.probe = probe;
  for (const PhaseForecast& phase : forecast.phases)
    forecast.run_seconds += phase.epoch_seconds * static_cast<double>(phase.epochs);
  forecast.epoch_seconds = forecast.run_seconds / static_cast<double>(forecast.epochs);
  forecast.cost = forecast.run_seconds / 3600.0 * options.run.price_per_hour;
  return forecast;
}

std::string describe(const RunForecast& forecast, const TrainOptions& options) {
  const MemoryEstimate& memory = forecast.memory;
  std::string text = line("model", options.model);
  text += line("parameters", fmt::format("{}", memory.parameters));
  text += line("steps per epoch", steps_per_epoch(forecast));
  text += line("steps in all", fmt::format("{}", forecast.steps));
  text += line("memory, at least",
               fmt::format("{} (weights, gradients, moments{} {}, activations {}, batches {})",
                           format_byte_count(memory.total()), memory.average > 0 ? ", average" : "",
                           format_byte_count(memory.fixed()), format_byte_count(memory.activations),
                           format_byte_count(memory.batches)));
  text += line("memory, available",
               forecast.available > 0 ? format_byte_count(forecast.available) : "not known");
  text += line("peak in the trial", format_byte_count(forecast.peak_resident) + " resident");
  text +=
      line("trial",
           fmt::format("{} batches, {:.4g} s a batch, {:.4g} samples/s, waiting for data "
                       "{:.1f}%",
                       forecast.probe.losses.size(), forecast.probe.seconds_per_step,
                       forecast.probe.samples_per_second, 100.0 * forecast.probe.data_wait_share));
  if (forecast.phases.size() > 1) {
    for (const PhaseForecast& phase : forecast.phases) {
      text += line(fmt::format("from epoch {}", phase.phase.first_epoch),
                   fmt::format("crops of {}, batches of {}: {:.4g} s a batch, {} an epoch",
                               phase.phase.crop, phase.phase.batch_size, phase.seconds_per_batch,
                               format_duration(phase.epoch_seconds)));
    }
  }
  text += line("time per epoch", format_duration(forecast.epoch_seconds) + ", and validation");
  text += line("time in all", fmt::format("{}, and validation, for {} epochs",
                                          format_duration(forecast.run_seconds), forecast.epochs));
  if (options.run.price_per_hour > 0.0) {
    text += line("cost",
                 fmt::format("{:.2f} at {:g} an hour", forecast.cost, options.run.price_per_hour));
  }
  return text;
}

nlohmann::ordered_json to_json(const RunForecast& forecast) {
  const MemoryEstimate& memory = forecast.memory;
  nlohmann::ordered_json phases = nlohmann::ordered_json::array();
  for (const PhaseForecast& phase : forecast.phases) {
    phases.push_back({{"first_epoch", phase.phase.first_epoch},
                      {"epochs", phase.epochs},
                      {"crop", phase.phase.crop},
                      {"batch_size", phase.phase.batch_size},
                      {"steps_per_epoch", phase.steps_per_epoch},
                      {"seconds_per_batch", phase.seconds_per_batch},
                      {"epoch_seconds", phase.epoch_seconds}});
  }
  return {{"parameters", memory.parameters},
          {"steps_per_epoch", forecast.phases.front().steps_per_epoch},
          {"steps", forecast.steps},
          {"epochs", forecast.epochs},
          {"phases", phases},
          {"memory_bytes",
           {{"weights", memory.weights},
            {"gradients", memory.gradients},
            {"optimizer", memory.optimizer},
            {"average", memory.average},
            {"activations", memory.activations},
            {"batches", memory.batches},
            {"total", memory.total()},
            {"available", forecast.available},
            {"peak_resident", forecast.peak_resident}}},
          {"seconds_per_step", forecast.probe.seconds_per_step},
          {"samples_per_second", forecast.probe.samples_per_second},
          {"data_wait_share", forecast.probe.data_wait_share},
          {"epoch_seconds", forecast.epoch_seconds},
          {"run_seconds", forecast.run_seconds},
          {"cost", forecast.cost}};
}

void dry_run(Task& task, const TrainOptions& options, const MemoryEstimate& memory) {
  TrainStep step(options.optimizer, task);
  const double rate = harmless_rate(options);
  const Probe probe = probe_steps(task, step, {}, [rate](uint64_t) { return rate; });
  const RunForecast forecast = forecast_run(task, step, options, memory, probe);
  std::fputs(describe(forecast, options).c_str(), stdout);
  if (options.trial.json.empty()) return;
  write_file_atomically(options.trial.json, to_json(forecast).dump(2) + "\n");
}

}  // namespace stoker
