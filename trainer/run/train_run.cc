#include "trainer/run/train_run.h"

#include <spdlog/spdlog.h>
#include <torch/torch.h>

#include <string>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/core/save_request.h"
#include "trainer/run/best_weights.h"
#include "trainer/run/evaluate_run.h"
#include "trainer/run/memory_estimate.h"
#include "trainer/run/preflight.h"
#include "trainer/run/run_forecast.h"
#include "trainer/run/run_plan.h"
#include "trainer/run/time_limit.h"
#include "trainer/run/train_loop.h"
#include "trainer/tasks/make_task.h"
#include "trainer/tensors/device.h"

namespace stoker {
namespace {

// The exit code.
int train_on_device(TrainOptions& options, const CommonOptions& common) {
  // Threads first: LibTorch's random initialisation and reductions must not depend on the machine.
  at::set_num_threads(thread_count());
  const torch::Device device = choose_device(options.run.device);
  if (options.trial.preflight) return run_preflight(options, device) ? kExitDone : kExitBadData;
  Task task = make_task(options, device);
  options.run.made_with = {{"--threads", std::to_string(thread_count())},
                           {"--device", device.str()},
                           {"LibTorch", TORCH_VERSION}};
  task.amp = choose_amp(options.step.amp, device);
  choose_best_metric(task, options.validation);
  spdlog::info("{} on {}, {} threads, {}, LibTorch {}", options.model, device.str(), thread_count(),
               describe_steps(plan_run(task, options)), TORCH_VERSION);
  if (options.trial.eval_only) {
    evaluate_weights(task, options);
    return kExitDone;
  }
  const MemoryEstimate memory = estimate_memory(task, options);
  check_memory(memory, options, device);
  if (options.trial.dry_run) {
    dry_run(task, options, memory);
  } else {
    train(task, options, common.quiet);
  }
  return kExitDone;
}

}  // namespace

int run_training(TrainOptions options, const CommonOptions& common) {
  settle_options(options);
  options.run.ends_at = find_end_of_time(options.run.max_time);
  install_save_handler();
  try {
    return train_on_device(options, common);
  } catch (const c10::Error& error) {
    throw Error(ErrorCode::kInternal, std::string("LibTorch: ") + error.what_without_backtrace());
  }
}

}  // namespace stoker
