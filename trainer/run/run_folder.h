// The folder of a training run: what stoker leaves in it, who is at work there, whether a run may
// begin or go on, and what --force throws away.
//
//   metrics.jsonl, best.safetensors, final.safetensors, final_raw.safetensors (beside an average),
//   checkpoints/ (checkpoint_folder.h)
//
// Only these are ever removed, and only where they are what they are called: a file of such a name
// that another program wrote is refused. Thread-safety: one thread. Ownership: holds the folder's
// lock until destroyed. Errors: InvalidArgument where the folder holds a run that was not to be
// continued or thrown away, or another process is at work in it (naming it); Io, NotFound.
#pragma once

#include <filesystem>
#include <optional>

#include "libdata/core/folder_lock.h"
#include "trainer/options/train_options.h"

namespace stoker {

inline constexpr const char* kMetricsFile = "metrics.jsonl";
inline constexpr const char* kBestFile = "best.safetensors";
inline constexpr const char* kFinalFile = "final.safetensors";
inline constexpr const char* kFinalRawFile = "final_raw.safetensors";

class RunFolder {
 public:
  // Locks the folder if it is there, and looks what it holds; changes nothing.
  explicit RunFolder(const RunOptions& run);

  // Whether the run goes on from a checkpoint.
  bool is_resumed() const;
  // Makes the folder where there is none; removes what a killed run left half written and, with
  // --force, the earlier run. Everything else that a run is given must have been opened and checked
  // before.
  void take();

  const std::filesystem::path& path() const { return path_; }

 private:
  void check_usable() const;

  const std::filesystem::path path_;
  const bool auto_resume_;
  const bool force_;
  std::optional<FolderLock> lock_;
};

}  // namespace stoker
