// What --auto-resume and --resume [PATH] mean: from which folder, or from which checkpoint, a run
// goes on.
//
// Looks, and changes nothing. Thread-safety: one thread.
#pragma once

#include <filesystem>
#include <optional>

#include "trainer/options/run_options.h"

namespace stoker {

struct ResumeSource {
  std::filesystem::path root;  // the folder that holds checkpoints/
  // Exactly this one; nothing: the newest whole one of the run's own folder.
  std::optional<std::filesystem::path> checkpoint;
  bool foreign = false;  // another run's, which is left as it is
};

// Where a run keeps its checkpoints/ and its metrics.jsonl.
std::filesystem::path checkpoint_root(const RunOptions& run);
std::filesystem::path log_folder(const RunOptions& run);

// Nothing where the run begins anew: neither flag, or --auto-resume and no checkpoint yet.
// NotFound where --resume names what is not there or has no checkpoint; InvalidArgument where it
// names one of this run that is not its newest.
std::optional<ResumeSource> find_resume_source(const RunOptions& run);

}  // namespace stoker
