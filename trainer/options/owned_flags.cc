#include "trainer/options/owned_flags.h"

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trainer/options/train_options.h"

namespace stoker {
namespace {

constexpr std::string_view kImageFlags[] = {
    "--val-resize", "--progressive-resize", "--min-scale",    "--channels",   "--mean",
    "--std",        "--mixup-alpha",        "--cutmix-alpha", "--cutmix-prob"};
constexpr std::string_view kResNetFlags[] = {"--blurpool"};
constexpr std::string_view kSgdFlags[] = {"--momentum", "--nesterov"};
constexpr std::string_view kAdamFlags[] = {"--beta1", "--beta2", "--epsilon"};
constexpr std::string_view kDropFlags[] = {"--step-size", "--gamma"};
constexpr std::string_view kPolyFlags[] = {"--poly-power"};
constexpr std::string_view kMinLrFlags[] = {"--min-lr"};
constexpr std::string_view kPathFlags[] = {"--shards",    "--val-shards",     "--output-dir",
                                           "--init-from", "--checkpoint-dir", "--log-dir",
                                           "--resume"};

const CLI::Option* find_given(const CLI::App& app, std::string_view flag) {
  const CLI::Option* option = app.get_option_no_throw(std::string(flag));
  return option != nullptr && option->count() > 0 ? option : nullptr;
}

// Those of --model unet3d, as they are declared.
std::vector<std::string> volume_flags() {
  SegmentationOptions unused;
  CLI::App app;
  app.set_help_flag();
  declare_segmentation_options(app, unused);
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options())
    flags.push_back(option->get_name());
  return flags;
}

class IdleFlags {
 public:
  void add(const auto& flags, const std::string& owner, const std::string& chosen) {
    for (const std::string_view flag : flags)
      found_.push_back({std::string(flag), owner, chosen});
  }
  std::vector<IdleFlag> take() { return std::move(found_); }

 private:
  std::vector<IdleFlag> found_;
};

void add_of_scheduler(const std::string& scheduler, IdleFlags& idle) {
  if (scheduler != "step") idle.add(kDropFlags, "--scheduler step", scheduler);
  if (scheduler != "poly") idle.add(kPolyFlags, "--scheduler poly", scheduler);
  if (scheduler == "constant") idle.add(kMinLrFlags, "the other schedulers", scheduler);
}

}  // namespace

std::vector<IdleFlag> idle_flags(const TrainOptions& options) {
  IdleFlags idle;
  if (options.model == "unet3d") {
    idle.add(kImageFlags, "the models of images (resnet18 ...)", options.model);
  } else {
    idle.add(volume_flags(), "--model unet3d", options.model);
  }
  if (!options.model.starts_with("resnet")) {
    idle.add(kResNetFlags, "the ResNets (--model resnet50 ...)", options.model);
  }
  const std::string optimizer =
      options.optimizer.name.empty() ? default_optimizer(options.model) : options.optimizer.name;
  if (optimizer == "sgd") {
    idle.add(kAdamFlags, "--optimizer adamw and adam", "sgd");
  } else {
    idle.add(kSgdFlags, "--optimizer sgd", optimizer);
  }
  add_of_scheduler(options.schedule.name, idle);
  return idle.take();
}

void check_owned_flags(const CLI::App& app, const TrainOptions& options) {
  for (const IdleFlag& flag : idle_flags(options)) {
    if (find_given(app, flag.name) == nullptr) continue;
    throw CLI::ValidationError(
        flag.name, "belongs to " + flag.owner + ", and would do nothing for " + flag.chosen);
  }
  for (const std::string_view flag : kPathFlags) {
    const CLI::Option* option = find_given(app, flag);
    if (option == nullptr || !option->results().front().empty()) continue;
    throw CLI::ValidationError(std::string(flag), "expected a path, found an empty text");
  }
}

}  // namespace stoker
