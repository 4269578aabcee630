#include "trainer/tasks/make_task.h"

#include "libdata/core/parallel.h"
#include "trainer/tasks/classification_task.h"
#include "trainer/tasks/fake_task.h"
#include "trainer/tasks/segmentation_task.h"

namespace stoker {

Task make_task(TrainOptions& options, const torch::Device& device) {
  torch::manual_seed(options.run.seed);
  if (options.trial.fake_data) return make_fake_task(options, device);
  if (options.model == "unet3d") return make_segmentation_task(options, device, thread_count());
  return make_classification_task(options, device, thread_count());
}

}  // namespace stoker
