#include "trainer/run/run_folder.h"
#include "trainer/report/run_report.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <fstream>
#include <string>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/run/run_config.h"
#include "trainer/tensors/safetensors.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

constexpr std::array kWeightFiles = {kBestFile, kFinalFile, kFinalRawFile};
constexpr std::array kScriptFiles = {kBestScript, kFinalScript};

// An empty one is of a run that was killed as it began.
bool is_our_metrics_file(const fs::path& path) {
  constexpr std::string_view kStart = R"({"event":"start")";
  std::ifstream file(path, std::ios::binary);
  std::string start(kStart.size(), '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  return fs::is_regular_file(path) && kStart.starts_with(start);
}

// By the metadata every network of ours is written with. A damaged file may have been ours.
bool is_our_weights_file(const fs::path& path) {
  if (!fs::is_regular_file(path)) return false;
  try {
    const SafetensorsFile file(path);
    return file.table().metadata.contains("model") || file.table().tensors.empty();
  } catch (const Error& error) {
    return error.code() == ErrorCode::kCorrupt;
  }
}

// A zip. A damaged file may have been ours.
bool is_our_script_file(const fs::path& path) {
  if (!fs::is_regular_file(path)) return false;
  std::ifstream file(path, std::ios::binary);
  std::array<char, 2> start{};
  file.read(start.data(), start.size());
  return file.gcount() < 2 || start == std::array{'P', 'K'};
}

// Epochs of work stand in it.
bool has_epoch_lines(const fs::path& metrics_file) {
  std::ifstream file(metrics_file);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(R"({"event":"epoch")")) return true;
  }
  return false;
}

void check_is_ours(const fs::path& path, bool is_ours) {
  if (!fs::exists(fs::symlink_status(path)) || is_ours) return;
  throw Error(ErrorCode::kInvalidArgument,
              "was not written by train and would be overwritten; move it away, or name another "
              "--output-dir",
              path.string());
}

}  // namespace

RunFolder::RunFolder(const RunOptions& run)
    : run_(run),
      path_(run.output_dir),
      checkpoint_root_(stoker::checkpoint_root(run)),
      log_folder_(stoker::log_folder(run)) {
  // Who is at work there comes before what the work has left so far.
  lock_folders();
  resumed_from_ = find_resume_source(run);
  check_usable();
}

// Those that are there.
void RunFolder::lock_folders() {
  for (const fs::path& folder : {path_, checkpoint_root_, log_folder_}) {
    if (fs::is_directory(folder)) locks_.try_emplace(fs::canonical(folder), folder, "train");
  }
}

void RunFolder::check_usable() const {
  const std::pair<const char*, fs::path> folders[] = {
      {"--output-dir", path_}, {"--checkpoint-dir", checkpoint_root_}, {"--log-dir", log_folder_}};
  for (const auto& [flag, folder] : folders) {
    if (!fs::exists(folder) || fs::is_directory(folder)) continue;
    throw Error(ErrorCode::kInvalidArgument, std::string(flag) + ": expected a folder",
                folder.string());
  }
  check_is_ours(metrics_file(), is_our_metrics_file(metrics_file()));
  // Made from metrics.jsonl, so never without it.
  for (const char* name : {kEpochsFile, kEvaluationFile, kReportFile})
    check_is_ours(log_folder_ / name, fs::exists(metrics_file()));
  for (const char* name : kWeightFiles)
    check_is_ours(path_ / name, is_our_weights_file(path_ / name));
  check_is_ours(path_ / kConfigFile, is_run_config(path_ / kConfigFile));
  for (const char* name : kScriptFiles)
    check_is_ours(path_ / name, is_our_script_file(path_ / name));
  if (!run_.force && !goes_on_here()) check_holds_no_run();
}

void RunFolder::check_holds_no_run() const {
  const bool has_weights = fs::exists(path_ / kBestFile) || fs::exists(path_ / kFinalFile);
  // With --auto-resume a run that was killed before its first checkpoint begins anew: it has left
  // no weights (the loop saves before it calls any best).
  if (run_.auto_resume && !has_weights) return;
  if (run_.auto_resume) {
    throw Error(ErrorCode::kInvalidArgument,
                "holds a run already, but none of its checkpoints to go on from; throw it away "
                "with --force, or name another --output-dir",
                path_.string());
  }
  if (has_weights || !list_checkpoints(checkpoint_root_).empty() ||
      has_epoch_lines(metrics_file())) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "holds a run already; continue it with --auto-resume, or throw it away with --force",
        path_.string());
  }
}

void RunFolder::take() {
  const size_t locked = locks_.size();
  for (const fs::path& folder : {path_, checkpoint_root_, log_folder_}) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw system_error("create folder", folder.string(), error.value());
  }
  lock_folders();
  // Again: another process has made one of them meanwhile, perhaps.
  if (locks_.size() > locked) {
    resumed_from_ = find_resume_source(run_);
    check_usable();
  }
  remove_checkpoint_leftovers(checkpoint_root_);
  for (const char* name : kWeightFiles)
    fs::remove(path_ / (std::string(name) + ".tmp"));
  for (const char* name : kScriptFiles)
    fs::remove(path_ / (std::string(name) + ".tmp"));
  if (!run_.force) return;
  remove_all_checkpoints(checkpoint_root_);
  fs::remove(metrics_file());
  fs::remove(path_ / kConfigFile);
  RunReport::remove_from(log_folder_);
  for (const char* name : kWeightFiles)
    fs::remove(path_ / name);
  for (const char* name : kScriptFiles)
    fs::remove(path_ / name);
}

}  // namespace stoker
