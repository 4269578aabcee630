// The flags of `train` that say how the learning rate goes (lr_schedule.h).
//
// Plain values. No LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace stoker {

struct ScheduleOptions {
  std::string name = "cosine";  // cosine|onecycle|linear|step|poly|constant
  int64_t step_size = 30;       // epochs; step
  double gamma = 0.1;           // step
  double poly_power = 0.9;      // poly
};

void declare_schedule_options(CLI::App& app, ScheduleOptions& options);
void check_schedule_options(const ScheduleOptions& options);  // InvalidArgument
// Those that differ from a cosine's: runs begun before there was a choice can be resumed.
std::vector<std::pair<std::string, std::string>> result_options(const ScheduleOptions& options);

}  // namespace stoker
