// Where an epoch's time went, stage by stage, and what would make it shorter.
//
// Plain values and free functions; no LibTorch. The training thread's time is wait + copy +
// compute; the loader's workers read, decode, augment and idle beside it.
#pragma once

#include <string>

#include "libdata/loader/stage_times.h"

namespace stoker {

struct StageReport {
  double seconds = 0.0;  // the epoch's training, without validation
  double feed = 0.0;     // of these in the feed: waiting, then copying to the device
  StageTimes loader;     // of this epoch alone
};

// What `now` has more than `before`.
StageTimes difference(const StageTimes& now, const StageTimes& before);

// "time: compute 62%, wait 35%, copy 3%; workers: read 2%, decode 80%, augment 15%, idle 3%"
// Compute is what is left of the training thread: on a GPU, where passes run beside it, the time in
// which it was not fed. Copy: making the device's batch; there it is started and not waited for.
std::string format_stages(const StageReport& report);

// One sentence naming the stage that the network waits for and what helps; empty where it waits for
// less than a twentieth of the time.
std::string stage_advice(const StageReport& report);

}  // namespace stoker
