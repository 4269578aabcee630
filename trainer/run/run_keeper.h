// What a run leaves on disk, as it goes: checkpoints, metrics.jsonl, best and final weights.
//
// What is not finite is never written: saving then ends the run as diverged (Corrupt), and what was
// saved before stays. Files are written by a thread of the keeper's own, in the order of the calls,
// from copies that are taken at once; training goes on meanwhile. Called from one thread.
// Ownership: holds the run's folder and its lock; task and step must outlive it. Errors: those of
// run_folder.h, checkpoint.h and run_log.h.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "trainer/metrics/evaluation_sums.h"
#include "trainer/report/run_log.h"
#include "trainer/report/run_report.h"
#include "trainer/run/after_save.h"
#include "trainer/run/background_writer.h"
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
  ~RunKeeper();

  // Where the run stands: `fresh` (with its options and data) or, to be continued, the checkpoint
  // it goes on from, whose tensors are then in network and optimiser. Starting weights are read
  // before anything is removed.
  TrainState start(const TrainState& fresh);

  bool has_saved() const { return saved_.has_value(); }
  void append(const LogLine& line) {
    metrics_->append(line);
    report_->note(line);
  }
  // What the validation of `epoch`, from 1, has counted, and its worst and best samples.
  void note_evaluation(const EvaluationSums& sums, SampleGallery samples, uint64_t epoch);
  void write_report() { report_->write(); }
  // A checkpoint of `state`, whose metrics_bytes it fills in, and of the network as it is now.
  // Nothing where that is saved already. It is written meanwhile; wait() says when it is there.
  void save(TrainState& state);
  // Until all that was to be saved is. Throws where it could not be.
  void wait() { writer_.wait(); }
  // How long the last checkpoint took to write; 0: there was none yet.
  double save_seconds() const { return *save_seconds_; }
  // The epoch has ended without a step since `trained`: a checkpoint of then becomes that of
  // `state`.
  void move_on(const CheckpointPosition& trained, TrainState& state);
  // Between steps, where no checkpoint is about to move on: throws where one could not be written,
  // and lets --after-save's commands go on.
  void poll();
  void write_best_weights() { write_judged_weights(kBestFile); }
  // With an average of the weights, those themselves too, as kFinalRawFile. With --export
  // torchscript best and final weights in that form besides.
  void write_final_weights();

  void check_not_diverged(const TrainState& state) const;
  [[noreturn]] void end_diverged(const TrainState& state, const std::string& reason) const;

 private:
  TrainState restore(const TrainState& fresh, const ResumeSource& source);
  void take_over(const ResumeSource& source);
  void replace_missing_best(TrainState& state);
  // Where the best is to be found by another value than it was.
  void judge_anew(const std::string& best_by, TrainState& state) const;
  void note_metrics_length(TrainState& state);
  // Those that the run is judged by: their average where there is one.
  void write_judged_weights(const char* name);
  void write_weights(const char* name, const NamedTensors& weights,
                     const std::map<std::string, std::string>& more_metadata);
  CheckpointParts parts() const;
  std::filesystem::path path_of(const CheckpointPosition& position) const;

  const RunOptions& run_;
  Task& task_;
  TrainStep& step_;
  RunFolder folder_;
  AfterSave after_save_;  // goes, and waits, before the lock does
  std::optional<MetricsFile> metrics_;
  std::optional<RunReport> report_;
  std::optional<CheckpointPosition> saved_;  // the newest checkpoint
  uint64_t saved_step_ = 0;                  // TrainState::step of that
  std::shared_ptr<std::atomic<double>> save_seconds_ = std::make_shared<std::atomic<double>>(0.0);
  BackgroundWriter writer_;
};

}  // namespace stoker
