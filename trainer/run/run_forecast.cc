#include "trainer/run/run_forecast.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "libdata/core/files.h"
#include "libdata/core/units.h"
#include "trainer/run/available_memory.h"

namespace stoker {
namespace {

std::string line(const std::string& what, const std::string& value) {
  return fmt::format("{:<18}{}\n", what, value);
}

}  // namespace

RunForecast forecast_run(Task& task, const TrainOptions& options, const MemoryEstimate& memory,
                         const Probe& probe) {
  RunForecast forecast;
  const uint64_t batches = task.feed->batches_from(0);
  forecast.steps_per_epoch = steps_of(batches, options.step);
  forecast.epochs = static_cast<uint64_t>(options.run.epochs);
  forecast.memory = memory;
  forecast.available = available_memory().value_or(0);
  forecast.peak_resident = peak_resident_bytes();
  forecast.probe = probe;
  forecast.epoch_seconds = static_cast<double>(batches) * probe.seconds_per_step;
  forecast.run_seconds = forecast.epoch_seconds * static_cast<double>(forecast.epochs);
  forecast.cost = forecast.run_seconds / 3600.0 * options.run.price_per_hour;
  return forecast;
}

std::string describe(const RunForecast& forecast, const TrainOptions& options) {
  const MemoryEstimate& memory = forecast.memory;
  std::string text = line("model", options.model);
  text += line("parameters", fmt::format("{}", memory.parameters));
  text += line("steps per epoch", fmt::format("{}", forecast.steps_per_epoch));
  text += line("steps in all", fmt::format("{}", forecast.steps_per_epoch * forecast.epochs));
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
  return {{"parameters", memory.parameters},
          {"steps_per_epoch", forecast.steps_per_epoch},
          {"epochs", forecast.epochs},
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
  // A rate at which nothing diverges: only the time counts.
  const double rate = 1e-4 * options.optimizer.lr;
  const Probe probe = probe_steps(task, step, {}, [rate](uint64_t) { return rate; });
  const RunForecast forecast = forecast_run(task, options, memory, probe);
  std::fputs(describe(forecast, options).c_str(), stdout);
  if (options.trial.json.empty()) return;
  write_file_atomically(options.trial.json, to_json(forecast).dump(2) + "\n");
}

}  // namespace stoker
