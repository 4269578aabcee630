#include "trainer/run/preflight_checks.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/stop.h"
#include "libdata/core/units.h"
#include "trainer/run/best_weights.h"
#include "trainer/run/checkpoint.h"
#include "trainer/run/resume_source.h"
#include "trainer/tasks/make_task.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr int64_t kValidationBatches = 4;
constexpr double kReadingSeconds = 15.0;
constexpr ProbeLimits kProbe{20, 40.0};
constexpr ProbeLimits kOverfit{60, 30.0};
constexpr int64_t kOverfitSamples = 16;
constexpr int64_t kOverfitCrop = 64;

[[noreturn]] void fail(const std::string& reason) {
  throw Error(ErrorCode::kCorrupt, reason);
}

// As a step would see it; nothing is learnt.
double loss_of(Task& task, const DeviceBatch& batch) {
  const torch::NoGradGuard no_grad;
  task.model().train();
  const std::vector<LossTerm> terms = task.objective->terms();
  const std::vector<torch::Tensor> weights = task.objective->weights(batch);
  const std::vector<torch::Tensor> sums =
      task.objective->sums(task.network.forward(batch.input), batch);
  double loss = 0.0;
  for (size_t i = 0; i < terms.size(); ++i)
    loss += terms[i].factor * mean_of(sums[i], weights[i]).item<double>();
  return loss;
}

DeviceBatch first_batch(Task& task) {
  task.feed->start_epoch(0, 0);
  for (uint64_t left = task.feed->batches_from(0, 0); left > 0; --left) {
    DeviceBatch batch = task.feed->next();
    if (batch.samples >= task.smallest_batch(0)) return batch;
  }
  fail("no batch of the first epoch has enough samples to learn from");
}

// Removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_((fs::temp_directory_path() / "stoker-preflight-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw system_error("create folder", path_, errno);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  fs::path path() const { return path_; }

 private:
  std::string path_;
};

bool are_equal(const NamedTensors& values, const NamedTensors& others) {
  if (values.size() != others.size()) return false;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!torch::equal(values[i].second.cpu(), others[i].second.cpu())) return false;
  }
  return true;
}

}  // namespace

Task open_for_preflight(TrainOptions& options, const torch::Device& device) {
  options.data.check_hashes = true;
  TrainOptions brief = options;
  Task task = make_task(brief, device);
  options.data = brief.data;  // what the data has decided
  options.trial = brief.trial;
  choose_best_metric(task, options.validation);
  if (!task.evaluator) return task;
  const int64_t limit = options.run.limit_batches;
  brief.run.limit_batches = limit > 0 ? std::min(limit, kValidationBatches) : kValidationBatches;
  Task validated = make_task(brief, device);
  validated.feed = std::move(task.feed);
  return validated;
}

std::string read_data(Task& task) {
  const auto begun = steady_clock::now();
  uint64_t samples = 0;
  const uint64_t batches = task.feed->batches_from(0, 0);
  task.feed->start_epoch(0, 0);
  uint64_t read = 0;
  for (; read < batches; ++read) {
    throw_if_stopped();
    const std::chrono::duration<double> passed = steady_clock::now() - begun;
    if (passed.count() > kReadingSeconds) break;
    samples += static_cast<uint64_t>(task.feed->next().samples_read);
  }
  return fmt::format("{} read, {} of {} batches", counted(samples, "sample"), read, batches);
}

std::string validate_untrained(Task& task) {
  const torch::NoGradGuard no_grad;
  task.model().eval();
  std::string text;
  for (const auto& [name, value] : task.evaluator->finish(task.evaluator->evaluate()))
    text += fmt::format("{}{} {:.4g}", text.empty() ? "untrained: " : ", ", name, value);
  if (text.empty()) fail("there is nothing to score");
  return text;
}

std::string check_disk(const RunOptions& run, const MemoryEstimate& memory) {
  if (run.output_dir.empty()) return "no --output-dir to look at";
  fs::path folder = fs::absolute(checkpoint_root(run));
  while (!fs::exists(folder) && folder.has_relative_path())
    folder = folder.parent_path();
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error) throw system_error("look for free space in", folder.string(), error.value());
  const uint64_t checkpoint = memory.weights + memory.optimizer + memory.average;
  const uint64_t needed =
      checkpoint * (static_cast<uint64_t>(run.keep_last) + 1) + 2 * memory.weights;
  if (space.available < needed) {
    throw Error(ErrorCode::kIo,
                fmt::format("{} are needed, {} are free", format_byte_count(needed),
                            format_byte_count(space.available)),
                folder.string());
  }
  return fmt::format("{} of {}", format_byte_count(needed), format_byte_count(space.available));
}

std::string check_loss_falls(Task& task, TrainStep& step, const TrainOptions& options,
                             Probe& probe) {
  const DeviceBatch batch = first_batch(task);
  const double before = loss_of(task, batch);
  const double warmup =
      options.optimizer.warmup_epochs * static_cast<double>(task.feed->batches_from(0, 0));
  // Up to a tenth of the rate: deep networks at their full one shake in their first steps.
  const double ramp = std::max(warmup, 10.0 * static_cast<double>(kProbe.steps));
  probe = probe_steps(task, step, kProbe, [&](uint64_t i) {
    return options.optimizer.lr * static_cast<double>(i + 1) / ramp;
  });
  const double after = loss_of(task, batch);
  const std::string text =
      fmt::format("{:.4f} before {} steps, {:.4f} after", before, probe.losses.size(), after);
  if (!(after < before)) fail(text + "; a lower --lr or a longer --warmup-epochs may help");
  return text;
}

std::string describe_time(const RunForecast& forecast, const TrainOptions& options) {
  std::string text = fmt::format(
      "{} an epoch, {} in all, and validation; {:.4g} samples/s, waiting for data {:.1f}%, {} "
      "resident",
      format_duration(forecast.epoch_seconds), format_duration(forecast.run_seconds),
      forecast.probe.samples_per_second, 100.0 * forecast.probe.data_wait_share,
      format_byte_count(forecast.peak_resident));
  if (options.run.price_per_hour > 0.0) {
    text += fmt::format("; {:.2f} an epoch, {:.2f} in all",
                        forecast.cost / static_cast<double>(forecast.epochs), forecast.cost);
  }
  return text;
}

std::string check_saving(Task& task, TrainStep& step) {
  const TemporaryFolder folder;
  const CheckpointParts parts = checkpoint_parts(task.model(), task.metadata, step.optimizer());
  TrainState state;
  state.data_fingerprint = task.data_fingerprint;
  const auto begun = steady_clock::now();
  const CheckpointSnapshot snapshot = take_snapshot(state, parts);
  write_checkpoint(folder.path(), snapshot, 1);
  const std::chrono::duration<double> seconds = steady_clock::now() - begun;
  {
    const torch::NoGradGuard no_grad;
    for (const CheckpointPart& part : parts) {
      for (const auto& [name, tensor] : part.tensors)
        torch::Tensor(tensor).zero_();
    }
  }
  load_checkpoint(list_checkpoints(folder.path()).back().path, parts, state.options,
                  state.data_fingerprint);
  const CheckpointSnapshot back = take_snapshot(state, parts);
  uint64_t bytes = 0;
  for (size_t i = 0; i < snapshot.parts.size(); ++i) {
    if (!are_equal(snapshot.parts[i].tensors, back.parts[i].tensors))
      fail(snapshot.parts[i].name + " came back with other values than were saved");
    for (const auto& [name, tensor] : snapshot.parts[i].tensors)
      bytes += tensor.nbytes();
  }
  return fmt::format("{} in {:.2f} s", format_byte_count(bytes), seconds.count());
}

std::string check_overfitting(const TrainOptions& options, const torch::Device& device) {
  TrainOptions small = options;
  const bool volumes = options.model == "unet3d";
  small.trial.overfit_batches = 1;
  small.data.batch_size = volumes ? 1 : std::min(options.data.batch_size, kOverfitSamples);
  const int64_t crop = volumes ? int64_t{2} << options.segmentation.depth : kOverfitCrop;
  small.data.crop = std::min(options.data.crop, crop);
  small.data.val_resize = 0;
  small.label_smoothing = small.segmentation.loss.label_smoothing = 0.0;
  small.optimizer = {};
  small.optimizer.name = "adamw";
  small.optimizer.weight_decay = 0.0;
  small.optimizer.clip_grad_norm = 0.0;
  Task task = make_task(small, device);
  TrainStep step(small.optimizer, task);
  const Probe probe = probe_steps(task, step, kOverfit, [](uint64_t) { return 1e-3; });
  if (probe.losses.empty()) fail("there was no step to take");
  const double first = probe.losses.front();
  const double last = *std::min_element(probe.losses.begin(), probe.losses.end());
  const std::string text =
      fmt::format("loss {:.4f} to {:.4f} in {} steps on {}", first, last, probe.losses.size(),
                  counted(static_cast<uint64_t>(small.data.batch_size), "sample"));
  if (!(last < std::max(0.5 * first, 0.05)))
    fail(text + ": expected less than half; look at labels and pixels (inspect-dataset --montage)");
  return text;
}

}  // namespace stoker
