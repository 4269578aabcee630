// The folder of a training run: what stoker leaves in it, who is at work there, whether a run may
// begin or go on, and what --force throws away.
//
//   config.json (run_config.h), metrics.jsonl, best.safetensors, final.safetensors,
//   final_raw.safetensors (beside an average), best.torchscript.pt, final.torchscript.pt
//   (--export), checkpoints/ (checkpoint_folder.h)
//
// --log-dir and --checkpoint-dir take metrics.jsonl and checkpoints/ elsewhere. All of these
// folders are the run's, and locked. Only these are ever removed, and only where they are what they
// are called: a file of such a name that another program wrote is refused. Thread-safety: one
// thread. Ownership: holds the folder's lock until destroyed. Errors: InvalidArgument where the
// folder holds a run that was not to be continued or thrown away, or another process is at work in
// it (naming it); Io, NotFound.
#pragma once

#include <filesystem>
#include <map>
#include <optional>

#include "libdata/core/folder_lock.h"
#include "trainer/options/run_options.h"
#include "trainer/report/run_log.h"
#include "trainer/run/resume_source.h"

namespace stoker {

inline constexpr const char* kConfigFile = "config.json";
inline constexpr const char* kBestFile = "best.safetensors";
inline constexpr const char* kFinalFile = "final.safetensors";
inline constexpr const char* kFinalRawFile = "final_raw.safetensors";
inline constexpr const char* kBestScript = "best.torchscript.pt";
inline constexpr const char* kFinalScript = "final.torchscript.pt";

class RunFolder {
 public:
  // Locks the folder if it is there, and looks what it holds; changes nothing.
  explicit RunFolder(const RunOptions& run);

  // From what the run goes on; nothing where it begins anew.
  const std::optional<ResumeSource>& resumed_from() const { return resumed_from_; }
  // Makes the folder where there is none; removes what a killed run left half written and, with
  // --force, the earlier run. Everything else that a run is given must have been opened and checked
  // before.
  void take();

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& checkpoint_root() const { return checkpoint_root_; }
  std::filesystem::path metrics_file() const { return log_folder_ / kMetricsFile; }

 private:
  bool goes_on_here() const { return resumed_from_ && !resumed_from_->foreign; }
  void lock_folders();
  void check_usable() const;
  void check_holds_no_run() const;

  const RunOptions run_;
  const std::filesystem::path path_;
  const std::filesystem::path checkpoint_root_;
  const std::filesystem::path log_folder_;
  std::map<std::filesystem::path, FolderLock> locks_;  // by canonical path
  std::optional<ResumeSource> resumed_from_;
};

}  // namespace stoker
