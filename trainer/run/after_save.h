// --after-save: the user's command after each checkpoint (copy it away, tell somebody), beside
// training.
//
// One command at a time, in the order of the checkpoints; of those that come while one runs only
// the newest waits. A command that fails, or can't be started, is a warning. One thread. Ownership:
// the destructor waits for the command that runs and for the one that waits.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace stoker {

class AfterSave {
 public:
  // `command`: for /bin/sh; empty: nothing is ever run.
  explicit AfterSave(std::string command) : command_(std::move(command)) {}
  ~AfterSave();
  AfterSave(const AfterSave&) = delete;
  AfterSave& operator=(const AfterSave&) = delete;

  // A checkpoint has come about; its command waits for poll().
  void offer(const std::filesystem::path& checkpoint);
  // What waits has not come about after all.
  void forget() { waiting_.reset(); }
  // Starts what waits, notes what has ended. Does not wait.
  void poll();
  // Until nothing runs and nothing waits.
  void finish();

  // The checkpoint whose command runs: it should stay until that has ended.
  const std::optional<std::filesystem::path>& in_use() const { return running_; }

 private:
  void start();
  void note_end(int status);

  const std::string command_;
  std::optional<std::filesystem::path> waiting_;
  std::optional<std::filesystem::path> running_;
  pid_t child_ = 0;
};

}  // namespace stoker
