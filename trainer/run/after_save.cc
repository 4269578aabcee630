#include "trainer/run/after_save.h"

#include <fmt/format.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace stoker {
namespace {

constexpr const char* kVariable = "STOKER_CHECKPOINT";

std::vector<std::string> environment_with(const std::string& checkpoint) {
  const std::string name = std::string(kVariable) + "=";
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with(name)) variables.emplace_back(*variable);
  }
  variables.push_back(name + checkpoint);
  return variables;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("by signal {}", WTERMSIG(status));
  return fmt::format("with {}", WEXITSTATUS(status));
}

}  // namespace

AfterSave::~AfterSave() {
  try {
    finish();
  } catch (const std::exception& error) {
    spdlog::warn("--after-save: {}", error.what());
  }
}

void AfterSave::offer(const std::filesystem::path& checkpoint) {
  if (!command_.empty()) waiting_ = std::filesystem::absolute(checkpoint);
}

void AfterSave::poll() {
  int status = 0;
  if (child_ != 0 && ::waitpid(child_, &status, WNOHANG) == child_) note_end(status);
  if (child_ == 0 && waiting_) start();
}

void AfterSave::finish() {
  poll();
  while (child_ != 0) {
    int status = 0;
    if (::waitpid(child_, &status, 0) == child_) {
      note_end(status);
    } else if (errno != EINTR) {
      child_ = 0;
    }
    if (child_ == 0 && waiting_) start();
  }
}

void AfterSave::start() {
  running_ = std::exchange(waiting_, std::nullopt);
  std::vector<std::string> variables = environment_with(running_->string());
  std::vector<char*> environment;
  for (std::string& variable : variables)
    environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string shell = "sh";
  std::string flag = "-c";
  std::string command = command_;
  char* const arguments[] = {shell.data(), flag.data(), command.data(), nullptr};
  // What the command prints must not get among our results.
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  const int error =
      ::posix_spawn(&child_, "/bin/sh", &actions, nullptr, arguments, environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return;
  child_ = 0;
  spdlog::warn("--after-save: cannot start /bin/sh: {}", std::strerror(error));
  running_.reset();
}

void AfterSave::note_end(int status) {
  if (status != 0) {
    spdlog::warn("--after-save: the command for {} ended {}", running_->string(),
                 how_it_ended(status));
  }
  child_ = 0;
  running_.reset();
}

}  // namespace stoker
