// What a run leaves on disk, as it goes: checkpoints, metrics.jsonl, best and final weights.
//
// What is not finite is never written: saving then ends the run as diverged (Corrupt), and what was
// saved before stays. One thread. Ownership: holds the run's folder and its lock; task and step
// must outlive it. Errors: those of run_folder.h, checkpoint.h and run_log.h.
#pragma once

#include <optional>
#include <string>

#include "trainer/report/run_log.h"
#include "trainer/run/checkpoint.h"
#include "trainer/run/run_folder.h"
#include "trainer/run/train_state.h"
#include "trainer/run/train_step.h"
#include "trainer/tasks/task.h"

namespace stoker {

class RunKeeper {
 public:
  // Looks whether a run can be kept there; changes nothing yet.
  RunKeeper(const RunOptions& run, Task& task, TrainStep& step);

  // Where the run stands: `fresh` (with its options and data) or, to be continued, the newest whole
  // checkpoint, whose tensors are then in network and optimiser. Starting weights are read before
  // anything is removed.
  TrainState start(const TrainState& fresh);

  bool has_saved() const { return saved_.has_value(); }
  void append(const LogLine& line) { metrics_->append(line); }
  // A checkpoint of `state`, whose metrics_bytes it fills in. Nothing where that is saved already.
  void save(TrainState& state);
  // The epoch has ended without a step since `trained`: a checkpoint of then becomes that of
  // `state`.
  void move_on(const CheckpointPosition& trained, TrainState& state);
  void write_best_weights() { write_weights(kBestFile); }
  // With an average of the weights, those themselves too, as kFinalRawFile.
  void write_final_weights();

  void check_not_diverged(const TrainState& state) const;
  [[noreturn]] void end_diverged(const TrainState& state, const std::string& reason) const;

 private:
  std::optional<TrainState> restore(const TrainState& fresh);
  void replace_missing_best(TrainState& state);
  void note_metrics_length(TrainState& state);
  // Those that the run is judged by: their average where there is one.
  void write_weights(const char* name) const;
  CheckpointParts parts() const;

  const RunOptions& run_;
  Task& task_;
  TrainStep& step_;
  RunFolder folder_;
  std::optional<MetricsFile> metrics_;
  std::optional<CheckpointPosition> saved_;  // the newest checkpoint
  uint64_t saved_step_ = 0;                  // TrainState::step of that
};

}  // namespace stoker
