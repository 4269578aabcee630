#include "trainer/run/probe.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>

#include "libdata/core/stop.h"

namespace stoker {
namespace {

using std::chrono::steady_clock;

constexpr ptrdiff_t kWarmUp = 3;  // steps that pay for what is set up once

double seconds_between(steady_clock::time_point from, steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

struct StepTime {
  double seconds = 0.0;
  double waited = 0.0;
  double samples = 0.0;
};

void summarise(std::vector<StepTime> times, Probe& probe) {
  if (std::ssize(times) > kWarmUp) times.erase(times.begin(), times.begin() + kWarmUp);
  if (times.empty()) return;
  StepTime sum;
  std::vector<double> seconds;
  for (const StepTime& time : times) {
    sum.seconds += time.seconds;
    sum.waited += time.waited;
    sum.samples += time.samples;
    seconds.push_back(time.seconds);
  }
  std::sort(seconds.begin(), seconds.end());
  probe.seconds_per_step = seconds[seconds.size() / 2];
  probe.samples_per_second = sum.samples / std::max(sum.seconds, 1e-9);
  probe.data_wait_share = sum.waited / std::max(sum.seconds, 1e-9);
}

// The loss of the step, as the mean over its samples.
double take_loss(TrainStep& step) {
  const MetricSums sums = step.sums();
  step.restore_sums({});
  const auto loss = sums.by_name.find("loss");
  return loss == sums.by_name.end() ? 0.0 : loss->second.sum / loss->second.weight;
}

}  // namespace

Probe probe_steps(Task& task, TrainStep& step, const ProbeLimits& limits,
                  const std::function<double(uint64_t)>& rate, uint64_t epoch) {
  Probe probe;
  std::vector<StepTime> times;
  const auto begun = steady_clock::now();
  const uint64_t in_epoch = task.feed->batches_from(epoch, 0);
  task.model().train();
  step.restore_sums({});
  uint64_t left = 0;
  for (uint64_t i = 0; i < limits.steps && in_epoch > 0; ++i, --left) {
    throw_if_stopped();
    const auto asked = steady_clock::now();
    if (i > 0 && seconds_between(begun, asked) > limits.seconds) break;
    if (left == 0) {
      task.feed->start_epoch(epoch, 0);
      left = in_epoch;
    }
    const DeviceBatch batch = task.feed->next();
    const double waited = seconds_between(asked, steady_clock::now());
    if (batch.samples < task.smallest_batch(epoch)) continue;
    step.take({&batch, 1}, rate(i), i + 1);
    probe.losses.push_back(take_loss(step));  // waits, so that the time is the step's
    step.take_verdicts();
    times.push_back(
        {seconds_between(asked, steady_clock::now()), waited, static_cast<double>(batch.samples)});
  }
  step.settle();
  step.take_verdicts();
  summarise(std::move(times), probe);
  return probe;
}

}  // namespace stoker
