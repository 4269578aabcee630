// What a training run is asked to do: the flags of `train`, with their defaults.
//
// Plain values, a theme a file. A task with flags of its own keeps them in a struct of its own
// beside these.
#pragma once

#include <string>
#include <vector>

#include "libdata/core/option_settings.h"
#include "trainer/options/data_options.h"
#include "trainer/options/network_options.h"
#include "trainer/options/optimizer_options.h"
#include "trainer/options/option_list.h"
#include "trainer/options/period.h"
#include "trainer/options/regularization_options.h"
#include "trainer/options/run_options.h"
#include "trainer/options/schedule_options.h"
#include "trainer/options/segmentation_options.h"
#include "trainer/options/step_options.h"
#include "trainer/options/trial_options.h"
#include "trainer/options/validation_options.h"

namespace CLI {
class App;
}

namespace stoker {

struct TrainOptions {
  std::string model = "resnet50";
  NetworkOptions network;
  double label_smoothing = 0.0;
  std::vector<std::string> class_weights;  // class_weights.h
  DataOptions data;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  StepOptions step;
  RegularizationOptions regularization;
  ValidationOptions validation;
  RunOptions run;
  TrialOptions trial;
  SegmentationOptions segmentation;  // --model unet3d
  // No flag: all of them as they were parsed, but for those that the model or optimizer does not
  // have and those that say how a process begins (--force, --resume ...).
  std::vector<OptionSetting> settings;
};

void declare_train_options(CLI::App& app, TrainOptions& options);

// Checks what flags cannot check alone and fills in the defaults that depend on other flags.
// InvalidArgument.
void settle_options(TrainOptions& options);

// The flags that the trained weights depend on, with their values as text. A run is resumed only
// when they are what they were.
OptionList result_options(const TrainOptions& options);

}  // namespace stoker
