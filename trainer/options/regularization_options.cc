#include "trainer/options/regularization_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "libdata/core/help_layout.h"
#include "trainer/options/number_range.h"

namespace stoker {

void declare_regularization_options(CLI::App& app, RegularizationOptions& options) {
  begin_options(app, "Regularisation");
  const auto alpha = CLI::Range(0.0, 1e3);
  app.add_option("--mixup-alpha", options.mixup_alpha,
                 "Images of a batch are blended with each other, by a share drawn from "
                 "Beta(alpha, alpha); 0: not")
      ->check(alpha);
  app.add_option("--cutmix-alpha", options.cutmix_alpha,
                 "A box of each image is taken from another one, its area likewise; 0: not, or 1 "
                 "with --cutmix-prob")
      ->check(alpha);
  app.add_option("--cutmix-prob", options.cutmix_prob,
                 "Share of the batches that get cutmix; default: all, or half beside mixup")
      ->check(CLI::Range(0.0, 1.0))
      ->default_str("");
  CLI::Option* use_ema =
      app.add_flag("--use-ema", options.use_ema,
                   "Average the weights over the steps; validation, best and final weights are "
                   "the average's");
  app.add_option("--ema-decay", options.ema_decay,
                 "Share of the average that a step keeps; (1 + n) / (10 + n) after n steps, where "
                 "that is less")
      ->check(CLI::Range(0.0, 0.9999999999))
      ->needs(use_ema);
}

void settle_regularization_options(RegularizationOptions& options) {
  check_range("--mixup-alpha", options.mixup_alpha, 0.0, 1e3);
  check_range("--cutmix-alpha", options.cutmix_alpha, 0.0, 1e3);
  check_range("--cutmix-prob", options.cutmix_prob, -1.0, 1.0);
  check_range("--ema-decay", options.ema_decay, 0.0, 1.0);
  if (options.cutmix_prob > 0.0 && options.cutmix_alpha == 0.0) options.cutmix_alpha = 1.0;
  if (options.cutmix_prob == 0.0) options.cutmix_alpha = 0.0;
  if (options.cutmix_prob < 0.0) options.cutmix_prob = options.mixup_alpha > 0.0 ? 0.5 : 1.0;
}

std::vector<std::pair<std::string, std::string>> result_options(
    const RegularizationOptions& options) {
  std::vector<std::pair<std::string, std::string>> list;
  const auto add = [&](const char* flag, double value) {
    list.emplace_back(flag, fmt::format("{}", value));
  };
  if (options.mixup_alpha > 0.0) add("--mixup-alpha", options.mixup_alpha);
  if (options.cutmix_alpha > 0.0) {
    add("--cutmix-alpha", options.cutmix_alpha);
    add("--cutmix-prob", options.cutmix_prob);
  }
  if (options.use_ema) add("--ema-decay", options.ema_decay);
  return list;
}

}  // namespace stoker
