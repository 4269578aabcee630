#include "trainer/options/train_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "libdata/core/choice_option.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "trainer/options/number_range.h"
#include "trainer/options/owned_flags.h"
#include "trainer/options/resize_options.h"

namespace stoker {
namespace {

void declare_data(CLI::App& app, DataOptions& data) {
  begin_options(app, "Data");
  app.add_option("--shards", data.shards, "Packed data sets to train on, joined")
      ->required()
      ->type_name("DIR");
  app.add_option("--val-shards", data.val_shards,
                 "The same to validate on; default: split 'val' of --shards, if any")
      ->type_name("DIR");
  app.add_option("--crop", data.crop,
                 "Side the network sees, in pixels (voxels); 0: the task's own")
      ->check(CLI::Range(0, 16384));
  declare_resize_options(app, data.progressive_resize);
  app.add_option("--val-resize", data.val_resize,
                 "Shorter side before validation's centre crop; 0: crop * 256 / 224, or crop where "
                 "the images are no larger than that")
      ->check(CLI::Range(0, 16384));
  app.add_option("--min-scale", data.min_scale,
                 "Smallest random crop in training, as a share of the image's area")
      ->check(CLI::Range(0.0001, 1.0));
  app.add_option("--flip", data.flip, "Probability that a training sample is mirrored")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--channels", data.channels, "Input channels; auto: as the data is stored")
      ->check(CLI::IsMember({"auto", "1", "3"}));
  app.add_option("--mean", data.mean,
                 "Subtracted from pixels scaled to 0..1, one value a channel; default: ImageNet's "
                 "for 3 channels, 0.5 for 1")
      ->delimiter(',');
  app.add_option("--std", data.std, "Divided by after that; default as for --mean")->delimiter(',');
  app.add_option("--batch-size", data.batch_size,
                 "Samples (patches) in a step; default: 64, for unet3d 2")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--order", data.order, "Order of samples in an epoch")
      ->check(CLI::IsMember({"random", "window", "sequential"}));
  add_choice(app, "--on-error", data.on_error, {"stop", "skip"},
             "A damaged sample ends the run, or is left out and listed");
  add_switch(app, "--check-hashes", data.check_hashes,
             "Compare what is read with its hash; default: what is decoded, not raw bytes");
  add_choice(app, "--io", data.io, {"mmap", "pread", "direct"},
             "How shards are read; pread: network disks; direct: past the page cache");
}

void declare_optimizer(CLI::App& app, OptimizerOptions& optimizer) {
  begin_options(app, "Optimiser");
  const auto not_negative = CLI::Range(0.0, 1e12);
  const auto below_one = CLI::Range(0.0, 0.9999999999);
  app.add_option("--optimizer", optimizer.name,
                 "How weights are moved; default: sgd, for unet3d adamw")
      ->check(CLI::IsMember({"sgd", "adamw", "adam"}));
  app.add_option("--lr", optimizer.lr,
                 "Peak learning rate; 0: 0.1 * samples of a step / 256 for sgd, 0.001 else")
      ->check(not_negative);
  app.add_option("--min-lr", optimizer.min_lr,
                 "Learning rate at the end; 0 with onecycle: lr / 250000")
      ->check(not_negative);
  app.add_option("--warmup-epochs", optimizer.warmup_epochs,
                 "Epochs (or part of one) of linear warm-up before the rest of --scheduler")
      ->check(not_negative);
  app.add_option("--momentum", optimizer.momentum, "Of sgd")->check(below_one);
  app.add_flag("--nesterov", optimizer.nesterov, "Nesterov's momentum, for sgd");
  app.add_option("--beta1", optimizer.beta1, "Of adamw and adam")->check(below_one);
  app.add_option("--beta2", optimizer.beta2, "Of adamw and adam")->check(below_one);
  app.add_option("--epsilon", optimizer.epsilon, "Of adamw and adam")->check(not_negative);
  app.add_option("--weight-decay", optimizer.weight_decay,
                 "L2 decay (sgd, adam) or decoupled (adamw); never on 1-D parameters")
      ->check(not_negative);
  app.add_option("--clip-grad-norm", optimizer.clip_grad_norm,
                 "Largest gradient norm; 0: no limit; default: 0, for unet3d 1")
      ->check(not_negative);
}

void declare_run(CLI::App& app, RunOptions& run) {
  begin_options(app, "Run");
  app.add_option("--output-dir", run.output_dir, "For checkpoints, metrics.jsonl, weights")
      ->required()
      ->type_name("DIR");
  app.add_option("--epochs", run.epochs, "Passes over the training data")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--seed", run.seed, "Of weights, order and augmentation");
  app.add_option("--device", run.device, "auto, cpu, cuda or cuda:N");
  CLI::Option* resume = app.add_flag(
      "--auto-resume", run.auto_resume,
      "Continue from the newest whole checkpoint in --output-dir, or start if there is none");
  app.add_flag("--force", run.force, "Throw away an earlier run in --output-dir")->excludes(resume);
  app.add_option(
      "--init-from", run.init_from,
      "Start from the weights in this safetensors file; a head of another size is left out");
  app.add_option("--save-every", run.save_every, "Checkpoint period: 2e (epochs) or 500 (steps)");
  app.add_option("--keep-last", run.keep_last, "Checkpoints kept")->check(CLI::Range(1, 1 << 20));
  app.add_option("--eval-every", run.eval_every,
                 "Epochs between validations; the last always has one")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option("--limit-batches", run.limit_batches,
                 "Stop each epoch, and each validation, after so many batches; 0: do not")
      ->check(CLI::Range(0, 1 << 30));
  app.add_option("--log-every", run.log_every, "Steps between lines of metrics.jsonl")
      ->check(CLI::Range(1, 1 << 30));
  app.add_option(
         "--max-bad-steps", run.max_bad_steps,
         "Steps in a row that may be left out because the loss or its gradient is not finite")
      ->check(CLI::Range(0, 1 << 30));
}

void check_numbers(const TrainOptions& options) {
  const DataOptions& data = options.data;
  const OptimizerOptions& optimizer = options.optimizer;
  check_range("--min-scale", data.min_scale, 0.0001, 1.0);
  check_range("--flip", data.flip, 0.0, 1.0);
  check_range("--label-smoothing", options.label_smoothing, 0.0, 1.0);
  check_range("--lr", optimizer.lr, 0.0, 1e12);
  check_range("--min-lr", optimizer.min_lr, 0.0, 1e12);
  check_range("--warmup-epochs", optimizer.warmup_epochs, 0.0, 1e12);
  check_range("--momentum", optimizer.momentum, 0.0, 1.0);
  check_range("--beta1", optimizer.beta1, 0.0, 1.0);
  check_range("--beta2", optimizer.beta2, 0.0, 1.0);
  check_range("--epsilon", optimizer.epsilon, 1e-30, 1e12);  // 0 / 0 where a gradient is 0
  check_range("--weight-decay", optimizer.weight_decay, 0.0, 1e12);
  check_range("--clip-grad-norm", optimizer.clip_grad_norm, -1.0, 1e12);
  // Of pixels scaled to 0..1; in float32 anything beyond overflows.
  for (const double mean : data.mean)
    check_range("--mean", mean, -1e6, 1e6);
  for (const double deviation : data.std)
    check_range("--std", deviation, 1e-6, 1e6);
}

}  // namespace

Period parse_period(const std::string& text) {
  Period period;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, period.count);
  const std::string unit(rest, end);
  period.epochs = unit == "e";
  if (error != std::errc() || period.count == 0 || (unit != "e" && unit != "s" && !unit.empty())) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a period such as 1e (epochs) or 500 (steps), found '" + text + "'");
  }
  return period;
}

void declare_train_options(CLI::App& app, TrainOptions& options) {
  begin_options(app, "Network");
  app.add_option("--model", options.model, "Network to train")
      ->required()
      ->check(CLI::IsMember({"resnet18", "resnet34", "resnet50", "densenet121", "unet3d"}));
  app.add_option("--label-smoothing", options.label_smoothing, "Share of the target spread evenly")
      ->check(CLI::Range(0.0, 1.0));
  declare_data(app, options.data);
  declare_optimizer(app, options.optimizer);
  declare_schedule_options(app, options.schedule);
  declare_step_options(app, options.step);
  declare_regularization_options(app, options.regularization);
  declare_run(app, options.run);
  declare_segmentation_options(app, options.segmentation);
  check_owned_flags(app, options);
}

std::string default_optimizer(const std::string& model) {
  return model == "unet3d" ? "adamw" : "sgd";
}

void settle_options(TrainOptions& options) {
  parse_period(options.run.save_every);
  check_numbers(options);
  check_schedule_options(options.schedule);
  settle_regularization_options(options.regularization);
  OptimizerOptions& optimizer = options.optimizer;
  const bool volumes = options.model == "unet3d";
  if (options.data.batch_size == 0) options.data.batch_size = volumes ? 2 : 64;
  if (optimizer.name.empty()) optimizer.name = default_optimizer(options.model);
  if (optimizer.clip_grad_norm < 0.0) optimizer.clip_grad_norm = volumes ? 1.0 : 0.0;
  if (volumes) {
    check_segmentation_options(options.segmentation);
    options.segmentation.loss.label_smoothing = options.label_smoothing;
  }
  if (optimizer.lr == 0.0) {
    const int64_t samples = options.data.batch_size * options.step.accumulate_grad_batches;
    optimizer.lr = optimizer.name == "sgd" ? 0.1 * static_cast<double>(samples) / 256.0 : 1e-3;
  }
  if (optimizer.min_lr > optimizer.lr) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--min-lr {} is above --lr {}", optimizer.min_lr, optimizer.lr));
  }
  if (optimizer.warmup_epochs > static_cast<double>(options.run.epochs)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--warmup-epochs {} is more than --epochs {}", optimizer.warmup_epochs,
                            options.run.epochs));
  }
  if (options.data.mean.size() != options.data.std.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--mean has {} values and --std {}: expected as many",
                            options.data.mean.size(), options.data.std.size()));
  }
}

OptionList result_options(const TrainOptions& options) {
  const DataOptions& data = options.data;
  const OptimizerOptions& optimizer = options.optimizer;
  const RunOptions& run = options.run;
  // Not here: where the data lies (its fingerprint is kept instead), how often to save or log.
  OptionList list{{"--model", options.model},
                  {"--label-smoothing", fmt::format("{}", options.label_smoothing)},
                  {"--crop", fmt::format("{}", data.crop)},
                  {"--val-resize", fmt::format("{}", data.val_resize)},
                  {"--min-scale", fmt::format("{}", data.min_scale)},
                  {"--flip", fmt::format("{}", data.flip)},
                  {"--channels", data.channels},
                  {"--mean", fmt::format("{}", fmt::join(data.mean, ","))},
                  {"--std", fmt::format("{}", fmt::join(data.std, ","))},
                  {"--on-error", data.on_error},
                  {"--batch-size", fmt::format("{}", data.batch_size)},
                  {"--order", data.order},
                  {"--optimizer", optimizer.name},
                  {"--lr", fmt::format("{}", optimizer.lr)},
                  {"--min-lr", fmt::format("{}", optimizer.min_lr)},
                  {"--warmup-epochs", fmt::format("{}", optimizer.warmup_epochs)},
                  {"--momentum", fmt::format("{}", optimizer.momentum)},
                  {"--nesterov", fmt::format("{}", optimizer.nesterov)},
                  {"--beta1", fmt::format("{}", optimizer.beta1)},
                  {"--beta2", fmt::format("{}", optimizer.beta2)},
                  {"--epsilon", fmt::format("{}", optimizer.epsilon)},
                  {"--weight-decay", fmt::format("{}", optimizer.weight_decay)},
                  {"--clip-grad-norm", fmt::format("{}", optimizer.clip_grad_norm)},
                  {"--epochs", fmt::format("{}", run.epochs)},
                  {"--seed", fmt::format("{}", run.seed)},
                  {"--limit-batches", fmt::format("{}", run.limit_batches)}};
  const auto add = [&](const OptionList& more) {
    list.insert(list.end(), more.begin(), more.end());
  };
  if (!data.progressive_resize.empty()) add({{"--progressive-resize", data.progressive_resize}});
  add(result_options(options.schedule));
  add(result_options(options.step));
  add(result_options(options.regularization));
  if (options.model == "unet3d") add(result_options(options.segmentation));
  return list;
}

}  // namespace stoker
