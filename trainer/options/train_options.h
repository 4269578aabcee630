// What a training run is asked to do: the flags of `train`, with their defaults.
//
// Plain values. A task with flags of its own keeps them in a struct of its own beside this one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trainer/options/regularization_options.h"
#include "trainer/options/schedule_options.h"
#include "trainer/options/segmentation_options.h"
#include "trainer/options/step_options.h"

namespace CLI {
class App;
}

namespace stoker {

// "2e" is every 2 epochs, "500" (or "500s") every 500 steps.
struct Period {
  uint64_t count = 1;
  bool epochs = true;
};
Period parse_period(const std::string& text);  // InvalidArgument for anything else, and for 0

struct DataOptions {
  std::vector<std::string> shards;      // folders with dataset.json, joined
  std::vector<std::string> val_shards;  // for validation; empty: split "val" of `shards`, if any
  std::string io = "mmap";              // mmap|pread|direct
  std::optional<bool> check_hashes;     // nothing: where it costs little (HashCheck::where_cheap)
  int64_t crop = 0;               // pixels a side that the network sees; 0: the task's default
  int64_t val_resize = 0;         // shorter side before the centre crop; 0: the task's default
  double min_scale = 0.08;        // smallest random crop, as a share of the image's area
  double flip = 0.5;              // probability of a mirrored sample
  std::string channels = "auto";  // auto|1|3
  std::vector<double> mean;       // of 0..1 pixels, one a channel; empty: the task's default
  std::vector<double> std;
  std::string progressive_resize;  // resize_options.h; empty: every epoch has `crop`
  int64_t batch_size = 0;          // 0: 64, for unet3d 2
  std::string order = "random";    // random|window|sequential
  std::string on_error = "stop";   // stop|skip
  uint64_t rank = 0;               // set by a launcher in a later version: always 0 of 1 now
  uint64_t world_size = 1;
};

struct OptimizerOptions {
  std::string name;  // sgd|adamw|adam; empty: sgd, for unet3d adamw
  double lr = 0.0;   // 0: 0.1 * batch size / 256 for sgd, 1e-3 for the others
  double min_lr = 0.0;
  double momentum = 0.9;  // sgd
  bool nesterov = false;  // sgd
  double beta1 = 0.9;     // adamw, adam
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-4;  // not on 1-D parameters: biases and norms
  double warmup_epochs = 0.0;
  double clip_grad_norm = -1.0;  // 0: off; below: off, for unet3d 1
};

struct RunOptions {
  std::string output_dir;
  int64_t epochs = 10;
  uint64_t seed = 0;
  std::string device = "auto";  // auto|cpu|cuda|cuda:N
  bool auto_resume = false;
  bool force = false;     // throw away a run that is in output_dir
  std::string init_from;  // safetensors file with starting weights
  std::string save_every = "1e";
  int64_t keep_last = 2;
  int64_t eval_every = 1;      // epochs
  int64_t limit_batches = 0;   // of an epoch, training and validation; 0: all
  int64_t log_every = 50;      // steps between lines of metrics.jsonl
  int64_t max_bad_steps = 10;  // left out in a row (not finite) before the run ends
  // No flags: threads, device and library, which the last bits depend on (train_run.cc).
  std::vector<std::pair<std::string, std::string>> made_with;
};

struct TrainOptions {
  std::string model;
  double label_smoothing = 0.0;
  DataOptions data;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  StepOptions step;
  RegularizationOptions regularization;
  RunOptions run;
  SegmentationOptions segmentation;  // --model unet3d
};

void declare_train_options(CLI::App& app, TrainOptions& options);

std::string default_optimizer(const std::string& model);

// Checks what flags cannot check alone and fills in the defaults that depend on other flags.
// InvalidArgument.
void settle_options(TrainOptions& options);

// The flags that the trained weights depend on, with their values as text. A run is resumed only
// when they are what they were.
using OptionList = std::vector<std::pair<std::string, std::string>>;
OptionList result_options(const TrainOptions& options);

}  // namespace stoker
