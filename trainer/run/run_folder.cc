#include "trainer/run/run_folder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <fstream>
#include <string>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/tensors/safetensors.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

constexpr std::array kWeightFiles = {kBestFile, kFinalFile, kFinalRawFile};

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
    : path_(run.output_dir), auto_resume_(run.auto_resume), force_(run.force) {
  // Who is at work there comes before what the work has left so far.
  if (fs::is_directory(path_)) lock_.emplace(path_, "train");
  check_usable();
}

bool RunFolder::is_resumed() const {
  return auto_resume_ && !list_checkpoints(path_).empty();
}

void RunFolder::check_usable() const {
  if (fs::exists(path_) && !fs::is_directory(path_)) {
    throw Error(ErrorCode::kInvalidArgument, "--output-dir: expected a folder", path_.string());
  }
  check_is_ours(path_ / kMetricsFile, is_our_metrics_file(path_ / kMetricsFile));
  for (const char* name : kWeightFiles)
    check_is_ours(path_ / name, is_our_weights_file(path_ / name));
  if (force_ || is_resumed()) return;
  const bool has_weights = fs::exists(path_ / kBestFile) || fs::exists(path_ / kFinalFile);
  // With --auto-resume a run that was killed before its first checkpoint begins anew: it has left
  // no weights (the loop saves before it calls any best).
  if (auto_resume_ && !has_weights) return;
  if (auto_resume_) {
    throw Error(ErrorCode::kInvalidArgument,
                "holds a run already, but none of its checkpoints to go on from; throw it away "
                "with --force, or name another --output-dir",
                path_.string());
  }
  if (has_weights || !list_checkpoints(path_).empty() || has_epoch_lines(path_ / kMetricsFile)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "holds a run already; continue it with --auto-resume, or throw it away with --force",
        path_.string());
  }
}

void RunFolder::take() {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw system_error("create folder", path_.string(), error.value());
  if (!lock_) {
    lock_.emplace(path_, "train");
    check_usable();  // again: another process has made the folder meanwhile, perhaps
  }
  remove_checkpoint_leftovers(path_);
  for (const char* name : kWeightFiles)
    fs::remove(path_ / (std::string(name) + ".tmp"));
  if (!force_) return;
  remove_all_checkpoints(path_);
  for (const char* name : {kMetricsFile, kBestFile, kFinalFile, kFinalRawFile})
    fs::remove(path_ / name);
}

}  // namespace stoker
