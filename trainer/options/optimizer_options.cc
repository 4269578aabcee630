#include "trainer/options/optimizer_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "trainer/options/number_range.h"

namespace stoker {
namespace {

void check_numbers(const OptimizerOptions& optimizer) {
  check_range("--lr", optimizer.lr, 0.0, 1e12);
  check_range("--min-lr", optimizer.min_lr, 0.0, 1e12);
  check_range("--warmup-epochs", optimizer.warmup_epochs, 0.0, 1e12);
  check_range("--momentum", optimizer.momentum, 0.0, 1.0);
  check_range("--beta1", optimizer.beta1, 0.0, 1.0);
  check_range("--beta2", optimizer.beta2, 0.0, 1.0);
  check_range("--epsilon", optimizer.epsilon, 1e-30, 1e12);  // 0 / 0 where a gradient is 0
  check_range("--weight-decay", optimizer.weight_decay, 0.0, 1e12);
  check_range("--clip-grad-norm,--gradient-clip", optimizer.clip_grad_norm, -1.0, 1e12);
}

}  // namespace

void declare_optimizer_options(CLI::App& app, OptimizerOptions& optimizer) {
  begin_options(app, "Optimiser");
  const auto not_negative = CLI::Range(0.0, 1e12);
  const auto below_one = CLI::Range(0.0, 0.9999999999);
  app.add_option("--optimizer", optimizer.name,
                 "How weights are moved; default: sgd, for unet3d adamw")
      ->check(CLI::IsMember({"sgd", "adamw"}));
  app.add_option("--lr", optimizer.lr,
                 "Peak learning rate; 0: 0.1 * batch size / 256 for sgd, 0.001 for adamw")
      ->check(not_negative);
  app.add_option("--min-lr", optimizer.min_lr, "Learning rate at the end")->check(not_negative);
  app.add_option("--warmup-epochs", optimizer.warmup_epochs,
                 "Epochs (or part of one) of linear warm-up before the cosine")
      ->check(not_negative);
  app.add_option("--momentum", optimizer.momentum, "Of sgd")->check(below_one);
  app.add_flag("--nesterov", optimizer.nesterov, "Nesterov's momentum, for sgd");
  app.add_option("--beta1", optimizer.beta1, "Of adamw")->check(below_one);
  app.add_option("--beta2", optimizer.beta2, "Of adamw")->check(below_one);
  app.add_option("--epsilon", optimizer.epsilon, "Of adamw")->check(not_negative);
  app.add_option("--weight-decay", optimizer.weight_decay,
                 "L2 decay (sgd) or decoupled (adamw); never on 1-D parameters")
      ->check(not_negative);
  app.add_option("--clip-grad-norm,--gradient-clip", optimizer.clip_grad_norm,
                 "Largest gradient norm; 0: no limit; default: 0, for unet3d 1")
      ->check(not_negative);
}

std::string default_optimizer(const std::string& model) {
  return model == "unet3d" ? "adamw" : "sgd";
}

void settle_optimizer_options(OptimizerOptions& optimizer, const std::string& model,
                              int64_t batch_size, int64_t epochs) {
  check_numbers(optimizer);
  if (optimizer.name.empty()) optimizer.name = default_optimizer(model);
  if (optimizer.clip_grad_norm < 0.0) optimizer.clip_grad_norm = model == "unet3d" ? 1.0 : 0.0;
  if (optimizer.lr == 0.0) {
    optimizer.lr = optimizer.name == "sgd" ? 0.1 * static_cast<double>(batch_size) / 256.0 : 1e-3;
  }
  if (optimizer.min_lr > optimizer.lr) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--min-lr {} is above --lr {}", optimizer.min_lr, optimizer.lr));
  }
  if (optimizer.warmup_epochs > static_cast<double>(epochs)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--warmup-epochs {} is more than --epochs {}", optimizer.warmup_epochs,
                            epochs));
  }
}

OptionList result_options(const OptimizerOptions& optimizer) {
  return {{"--optimizer", optimizer.name},
          {"--lr", fmt::format("{}", optimizer.lr)},
          {"--min-lr", fmt::format("{}", optimizer.min_lr)},
          {"--warmup-epochs", fmt::format("{}", optimizer.warmup_epochs)},
          {"--momentum", fmt::format("{}", optimizer.momentum)},
          {"--nesterov", fmt::format("{}", optimizer.nesterov)},
          {"--beta1", fmt::format("{}", optimizer.beta1)},
          {"--beta2", fmt::format("{}", optimizer.beta2)},
          {"--epsilon", fmt::format("{}", optimizer.epsilon)},
          {"--weight-decay", fmt::format("{}", optimizer.weight_decay)},
          {"--clip-grad-norm", fmt::format("{}", optimizer.clip_grad_norm)}};
}

}  // namespace stoker
