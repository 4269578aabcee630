// Which data a training run learns from and how it is brought to the network: the flags of `train`
// under "Data".
//
// Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "trainer/options/option_list.h"

namespace CLI {
class App;
}

namespace stoker {

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
  int64_t batch_size = 0;         // 0: 64, for unet3d 2
  std::string order = "random";   // random|window|sequential
  std::string on_error = "stop";  // stop|skip
  uint64_t rank = 0;              // set by a launcher in a later version: always 0 of 1 now
  uint64_t world_size = 1;
};

void declare_data_options(CLI::App& app, DataOptions& options);

// InvalidArgument where a number is out of its range, or two flags do not go together.
void check_data_options(const DataOptions& options);

// The flags that the trained weights depend on (train_options.h).
OptionList result_options(const DataOptions& options);

}  // namespace stoker
