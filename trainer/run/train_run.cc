#include "trainer/run/train_run.h"

#include <spdlog/spdlog.h>
#include <torch/torch.h>

#include <string>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/core/save_request.h"
#include "trainer/run/train_loop.h"
#include "trainer/tasks/classification_task.h"
#include "trainer/tasks/segmentation_task.h"
#include "trainer/tasks/task.h"
#include "trainer/tensors/device.h"

namespace stoker {
namespace {

Task make_task(TrainOptions& options, const torch::Device& device) {
  if (options.model == "unet3d") return make_segmentation_task(options, device, thread_count());
  return make_classification_task(options, device, thread_count());
}

void train_on_device(TrainOptions& options, const CommonOptions& common) {
  // Threads first: LibTorch's random initialisation and reductions must not depend on the machine.
  at::set_num_threads(thread_count());
  torch::manual_seed(options.run.seed);
  const torch::Device device = choose_device(options.run.device);
  Task task = make_task(options, device);
  options.run.made_with = {{"--threads", std::to_string(thread_count())},
                           {"--device", device.str()},
                           {"LibTorch", TORCH_VERSION}};
  const uint64_t steps = steps_of(task.feed->batches_from(0), options.step);
  spdlog::info("{} on {}, {} threads, {} steps an epoch, LibTorch {}", options.model, device.str(),
               thread_count(), steps, TORCH_VERSION);
  train(task, options, common.quiet);
}

}  // namespace

int run_training(TrainOptions options, const CommonOptions& common) {
  settle_options(options);
  install_save_handler();
  try {
    train_on_device(options, common);
  } catch (const c10::Error& error) {
    throw Error(ErrorCode::kInternal, std::string("LibTorch: ") + error.what_without_backtrace());
  }
  return kExitDone;
}

}  // namespace stoker
