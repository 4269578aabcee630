#include "trainer/options/train_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "trainer/options/class_weights.h"
#include "trainer/options/number_range.h"
#include "trainer/options/owned_flags.h"

namespace stoker {
namespace {

// Of one process, not of the run.
constexpr std::string_view kPassing[] = {"auto-resume", "resume",    "force", "eval-only",
                                         "dry-run",     "preflight", "json",  "quiet"};

std::vector<OptionSetting> settings_of(const CLI::App& app, const TrainOptions& options) {
  std::set<std::string, std::less<>> left_out(std::begin(kPassing), std::end(kPassing));
  for (const IdleFlag& flag : idle_flags(options))
    left_out.insert(flag.name.substr(2));
  std::vector<OptionSetting> settings = option_settings(app);
  std::erase_if(settings, [&](const OptionSetting& setting) {
    return std::any_of(setting.names.begin(), setting.names.end(),
                       [&](const std::string& name) { return left_out.contains(name); });
  });
  return settings;
}

}  // namespace

void declare_train_options(CLI::App& app, TrainOptions& options) {
  begin_options(app, "Network");
  app.add_option("--model", options.model, "Network to train")
      ->check(CLI::IsMember({"resnet18", "resnet34", "resnet50", "densenet121", "unet3d"}));
  app.add_option("--label-smoothing", options.label_smoothing, "Share of the target spread evenly")
      ->check(CLI::Range(0.0, 1.0));
  declare_class_weights(app, options.class_weights);
  declare_network_options(app, options.network);
  declare_data_options(app, options.data);
  declare_optimizer_options(app, options.optimizer);
  declare_schedule_options(app, options.schedule);
  declare_step_options(app, options.step);
  declare_regularization_options(app, options.regularization);
  declare_validation_options(app, options.validation);
  declare_run_options(app, options.run);
  declare_checkpoint_options(app, options.run);
  declare_segmentation_options(app, options.segmentation);
  declare_trial_options(app, options.trial);
  app.final_callback([&app, &options] {
    check_owned_flags(app, options);
    options.settings = settings_of(app, options);
  });
}

void settle_options(TrainOptions& options) {
  check_trial_options(options.trial);
  settle_run_options(options.run, options.trial.keeps_nothing(),
                     !options.validation.judges_by_loss());
  if (options.data.shards.empty() && !options.trial.fake_data) {
    throw Error(ErrorCode::kInvalidArgument,
                "--data is missing: a folder that pack-imagenet or pack-volumes has written");
  }
  check_range("--label-smoothing", options.label_smoothing, 0.0, 1.0);
  check_class_weights(options.class_weights);
  const bool volumes = options.model == "unet3d";
  if (options.data.batch_size == 0) options.data.batch_size = volumes ? 2 : 64;
  check_data_options(options.data);
  settle_optimizer_options(options.optimizer, options.model,
                           options.data.batch_size * options.step.accumulate_grad_batches,
                           options.run.epochs);
  check_schedule_options(options.schedule);
  settle_regularization_options(options.regularization);
  if (!volumes) return;
  check_segmentation_options(options.segmentation);
  options.segmentation.loss.label_smoothing = options.label_smoothing;
}

OptionList result_options(const TrainOptions& options) {
  OptionList list{{"--model", options.model},
                  {"--label-smoothing", fmt::format("{}", options.label_smoothing)}};
  const auto add = [&list](const OptionList& more) {
    list.insert(list.end(), more.begin(), more.end());
  };
  add(result_options(options.network));
  add(result_options(options.data));
  add(result_options(options.optimizer));
  add(result_options(options.run));
  add(result_options(options.schedule));
  add(result_options(options.step));
  add(result_options(options.regularization));
  add(result_options(options.trial));
  if (options.model == "unet3d") add(result_options(options.segmentation));
  // Of a U-Net there always were two; of classes, runs begun before there was a choice can be
  // resumed.
  if (!options.class_weights.empty()) {
    list.emplace_back("--class-weights", class_weights_text(options.class_weights));
  } else if (options.model == "unet3d") {
    list.emplace_back("--class-weights", "1,1");
  }
  return list;
}

}  // namespace stoker
