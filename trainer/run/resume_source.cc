#include "trainer/run/resume_source.h"

#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "trainer/run/checkpoint_folder.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;

bool is_same_place(const fs::path& a, const fs::path& b) {
  std::error_code absent;
  return fs::equivalent(a, b, absent);
}

FoundCheckpoint newest_of(const fs::path& root) {
  const std::vector<FoundCheckpoint> checkpoints = list_checkpoints(root);
  if (!checkpoints.empty()) return checkpoints.back();
  throw Error(ErrorCode::kNotFound,
              "--resume: expected a run with checkpoints/epoch-EEEEE-step-SSSSSSSS to go on from, "
              "found none; --auto-resume would start one",
              root.string());
}

ResumeSource source_of_checkpoint(const fs::path& checkpoint, const fs::path& own_root) {
  const fs::path root = run_of_checkpoint(checkpoint.string());
  if (!is_same_place(root, own_root)) return {root, checkpoint, true};
  const FoundCheckpoint newest = newest_of(own_root);
  if (is_same_place(newest.path, checkpoint)) return {own_root, std::nullopt, false};
  throw Error(ErrorCode::kInvalidArgument,
              "--resume: this run has a newer checkpoint, " + newest.path.filename().string() +
                  "; to go back to an older one, give another --output-dir, which leaves this run "
                  "as it is",
              checkpoint.string());
}

}  // namespace

fs::path checkpoint_root(const RunOptions& run) {
  return run.checkpoint_dir.empty() ? run.output_dir : run.checkpoint_dir;
}

fs::path log_folder(const RunOptions& run) {
  return run.log_dir.empty() ? run.output_dir : run.log_dir;
}

std::optional<ResumeSource> find_resume_source(const RunOptions& run) {
  const fs::path own_root = checkpoint_root(run);
  if (run.resume.empty()) {
    if (!run.auto_resume || list_checkpoints(own_root).empty()) return std::nullopt;
    return ResumeSource{own_root, std::nullopt, false};
  }
  if (run.resume == kNewest) {
    newest_of(own_root);
    return ResumeSource{own_root, std::nullopt, false};
  }
  const fs::path path = run.resume;
  if (fs::exists(path / kStateFile)) return source_of_checkpoint(path, own_root);
  const FoundCheckpoint newest = newest_of(path);
  if (is_same_place(path, own_root)) return ResumeSource{own_root, std::nullopt, false};
  return ResumeSource{path, newest.path, true};
}

}  // namespace stoker
