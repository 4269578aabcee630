#include "trainer/run/checkpoint_folder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kTemporary = ".tmp";
constexpr std::string_view kRemoved = ".removed";
constexpr std::string_view kDamaged = ".damaged";

fs::path with_suffix(const fs::path& path, std::string_view suffix) {
  return path.string() + std::string(suffix);
}

// Takes "PREFIX123" off the front of `text`.
std::optional<uint64_t> take_number(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(rest - text.data()));
  return number;
}

// A real folder: what a link leads to is not ours.
bool is_folder(const fs::path& path) {
  return fs::is_directory(fs::symlink_status(path));
}

// The folders in checkpoints/ that are called as a checkpoint with `suffix` is.
std::vector<FoundCheckpoint> list_with_suffix(const fs::path& output_dir, std::string_view suffix) {
  std::vector<FoundCheckpoint> found;
  const fs::path folder = checkpoints_folder(output_dir);
  if (!fs::is_directory(folder)) return found;
  for (const fs::path& path : list_folders(folder)) {
    const std::string file_name = path.filename().string();
    std::string_view name = file_name;
    if (!name.ends_with(suffix) || !is_folder(path)) continue;
    name.remove_suffix(suffix.size());
    if (const auto position = parse_checkpoint_name(name)) found.push_back({*position, path});
  }
  std::sort(found.begin(), found.end(), [](const FoundCheckpoint& a, const FoundCheckpoint& b) {
    return a.position < b.position;
  });
  return found;
}

// Our files in `folder`, then the folder, unless there are other files in it.
void remove_our_files(const fs::path& folder) {
  const auto remove = [&folder](const char* name) {
    fs::remove(folder / name);
    fs::remove(with_suffix(folder / name, kTemporary));
  };
  remove(kStateFile);
  std::for_each(kPartFiles.begin(), kPartFiles.end(), remove);
  std::error_code not_empty;
  fs::remove(folder, not_empty);
}

// By way of another name: a kill half way leaves no checkpoint that lacks a file.
void remove_checkpoint(const fs::path& checkpoint) {
  const fs::path removed = with_suffix(checkpoint, kRemoved);
  try {
    if (is_folder(removed)) remove_our_files(removed);
    fs::rename(checkpoint, removed);
    remove_our_files(removed);
  } catch (const fs::filesystem_error& error) {
    throw system_error("remove", checkpoint.string(), error.code().value());
  }
}

}  // namespace

std::string checkpoint_name(const CheckpointPosition& position) {
  return fmt::format("epoch-{:05}-step-{:08}", position.epoch, position.step_in_epoch);
}

std::optional<CheckpointPosition> parse_checkpoint_name(std::string_view name) {
  std::string_view rest = name;
  const std::optional<uint64_t> epoch = take_number(rest, "epoch-");
  const std::optional<uint64_t> step = epoch ? take_number(rest, "-step-") : std::nullopt;
  if (!step) return std::nullopt;
  const CheckpointPosition position{*epoch, *step};
  if (checkpoint_name(position) != name) return std::nullopt;  // a suffix, or too few digits
  return position;
}

fs::path checkpoints_folder(const fs::path& output_dir) {
  return output_dir / "checkpoints";
}

std::vector<FoundCheckpoint> list_checkpoints(const fs::path& output_dir) {
  return list_with_suffix(output_dir, "");
}

CheckpointDraft::CheckpointDraft(const fs::path& output_dir, const CheckpointPosition& position)
    : final_(checkpoints_folder(output_dir) / checkpoint_name(position)),
      temporary_(with_suffix(final_, kTemporary)) {
  std::error_code error;
  if (fs::create_directories(checkpoints_folder(output_dir), error)) sync_folder(output_dir);
  if (!error && is_folder(temporary_)) remove_our_files(temporary_);
  if (!error) fs::create_directory(temporary_, error);
  if (error) throw system_error("create folder", temporary_.string(), error.value());
}

CheckpointDraft::~CheckpointDraft() {
  if (published_) return;
  try {
    remove_our_files(temporary_);
  } catch (const std::exception& error) {
    spdlog::warn("a checkpoint that was not finished stays behind: {}", error.what());
  }
}

void CheckpointDraft::publish() {
  if (is_folder(final_)) remove_checkpoint(final_);
  std::error_code error;
  fs::rename(temporary_, final_, error);
  if (error) throw system_error("publish", final_.string(), error.value());
  published_ = true;
  sync_folder(final_.parent_path());
}

void rename_checkpoint(const fs::path& output_dir, const CheckpointPosition& from,
                       const CheckpointPosition& to) {
  const fs::path folder = checkpoints_folder(output_dir);
  const fs::path target = folder / checkpoint_name(to);
  if (is_folder(target)) remove_checkpoint(target);
  std::error_code error;
  fs::rename(folder / checkpoint_name(from), target, error);
  if (error) throw system_error("rename to", target.string(), error.value());
  sync_folder(folder);
}

void prune_checkpoints(const fs::path& output_dir, int64_t keep_last,
                       const CheckpointPosition& newest, const std::optional<fs::path>& in_use) {
  const fs::path busy = in_use ? in_use->filename() : fs::path();
  const std::vector<FoundCheckpoint> checkpoints = list_checkpoints(output_dir);
  size_t left = checkpoints.size();
  for (const FoundCheckpoint& checkpoint : checkpoints) {
    if (left <= static_cast<size_t>(keep_last)) break;
    if (checkpoint.position == newest || checkpoint.path.filename() == busy) continue;
    remove_checkpoint(checkpoint.path);
    --left;
  }
  if (left < checkpoints.size()) sync_folder(checkpoints_folder(output_dir));
}

void set_aside_damaged(const fs::path& checkpoint) {
  const fs::path aside = with_suffix(checkpoint, kDamaged);
  std::error_code error;
  if (is_folder(aside)) remove_our_files(aside);  // an earlier one of this position
  fs::rename(checkpoint, aside, error);
  if (error) {
    spdlog::warn("cannot rename {} to {}: {}", checkpoint.string(), aside.string(),
                 error.message());
    return;
  }
  sync_folder(checkpoint.parent_path());
}

void remove_checkpoint_leftovers(const fs::path& output_dir) {
  for (const std::string_view suffix : {kTemporary, kRemoved}) {
    for (const FoundCheckpoint& leftover : list_with_suffix(output_dir, suffix)) {
      remove_our_files(leftover.path);
    }
  }
}

void remove_all_checkpoints(const fs::path& output_dir) {
  remove_checkpoint_leftovers(output_dir);
  for (const std::string_view suffix : {std::string_view(), kDamaged}) {
    for (const FoundCheckpoint& checkpoint : list_with_suffix(output_dir, suffix)) {
      remove_checkpoint(checkpoint.path);
    }
  }
  std::error_code not_empty;
  const fs::path folder = checkpoints_folder(output_dir);
  if (is_folder(folder)) fs::remove(folder, not_empty);
}

}  // namespace stoker
