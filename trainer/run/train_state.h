// Where a training run stands: the counters a checkpoint holds beside the tensors.
//
// Plain value; doubles survive the way through JSON bit for bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trainer/metrics/metric_sums.h"
#include "trainer/options/train_options.h"

namespace stoker {

struct TrainState {
  uint64_t epoch = 0;          // epochs done
  uint64_t step_in_epoch = 0;  // steps done of the epoch after those
  uint64_t position = 0;       // samples of that epoch that all processes have passed
  uint64_t step = 0;           // steps done in all
  uint64_t skipped_steps = 0;  // left out: the loss or its gradient was not finite
  uint64_t bad_steps_in_a_row = 0;
  MetricSums epoch_sums;       // of the epoch under way
  std::optional<double> best;  // best validation value so far
  uint64_t best_epoch = 0;     // of that value, from 1; 0: none, or not known
  std::string best_by;         // what the value is (best_weights.h); empty: the task's own metric
  uint64_t metrics_bytes = 0;  // length of metrics.jsonl; what lies behind is of no whole step
  OptionList options;          // result_options
  std::string data_fingerprint;
  OptionList made_with;  // threads, device, library: what bits depend on beside the options
};

std::string encode_state(const TrainState& state);    // a JSON object, without line breaks inside
TrainState decode_state(std::string_view json_text);  // Corrupt

// "--threads was 2, is 4", one for each that differs; what was not recorded does not.
std::vector<std::string> differences(const OptionList& before, const OptionList& now);

// InvalidArgument naming every option, or the data, that is not what it was. More --epochs are no
// difference where the learning rate of a step does not depend on how many there are.
void check_same_run(const TrainState& saved, const OptionList& options,
                    const std::string& data_fingerprint);

}  // namespace stoker
